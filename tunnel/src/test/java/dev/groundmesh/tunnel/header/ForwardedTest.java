package dev.groundmesh.tunnel.header;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for=\"10.0.0.1:4711\"",
        "for=\"[fd00::1]:4711\"",
        "for=\"10.0.0.1:4711\";host=db.shop.svc.cluster.local"
      })
  void whatIsReadIsWrittenTheSame(String value) {
    assertThat(Forwarded.parse(value).format()).isEqualTo(value);
  }

  @Test
  void bothElementsAreRead() {
    Forwarded forwarded = Forwarded.parse(" For=\"10.0.0.1:4711\" ; proto=https;HOST=\"db.shop\"");

    assertThat(forwarded.source()).isEqualTo(new InetSocketAddress("10.0.0.1", 4711));
    assertThat(forwarded.host()).isEqualTo("db.shop");
  }

  @Test
  void onlyTheFirstProxysElementCounts() {
    Forwarded forwarded = Forwarded.parse("for=\"10.0.0.1:1\", for=\"10.0.0.2:2\";host=evil");

    assertThat(forwarded.source()).isEqualTo(new InetSocketAddress("10.0.0.1", 1));
    assertThat(forwarded.host()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "for=unknown;host=h|h",
        "for=_hidden;host=h|h",
        "for=\"10.0.0.1\";host=h|h",
        "for=\"not an address:1\";host=h|h"
      },
      delimiter = '|')
  void aSourceThatIsNoAddressIsAbsent(String value, String host) {
    assertThat(Forwarded.parse(value)).isEqualTo(new Forwarded(null, host));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ";",
        "=",
        "for",
        "for=",
        "for=\"",
        "for=\"10.0.0.1:1",
        "for=\"\\",
        "host=\"a b\"",
        ",,,",
        "host=\"\""
      })
  void whatIsMalformedIsAbsent(String value) {
    assertThat(Forwarded.parse(value)).isEqualTo(Forwarded.EMPTY);
  }

  @Test
  void anOverlongValueIsAbsent() {
    assertThat(Forwarded.parse("host=" + "h".repeat(Forwarded.MAX_LENGTH)))
        .isEqualTo(Forwarded.EMPTY);
  }

  @Test
  void aHostThatWouldForgeOtherElementsIsNotWritten() {
    assertThat(new Forwarded(null, "h;for=\"10.0.0.9:1\"").format()).isEmpty();
  }
}
