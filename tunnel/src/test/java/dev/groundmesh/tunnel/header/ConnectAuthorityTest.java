package dev.groundmesh.tunnel.header;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectAuthorityTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1:8080",
        "[fd00::1]:8080",
        "[2001:db8::a:b]:1",
        "0.0.0.0:65535",
        "db.shop.svc.cluster.local:5432",
        "a:1",
        "under_score.example:80"
      })
  void whatIsReadIsWrittenTheSame(String text) throws HeaderException {
    assertThat(ConnectAuthority.parse(text)).hasToString(text);
  }

  @Test
  void anIpv4MappedAddressIsAnIpv4Address() throws HeaderException {
    ConnectAuthority.Ip ip = (ConnectAuthority.Ip) ConnectAuthority.parse("[::ffff:10.0.0.1]:80");

    assertThat(ip.address().getAddress()).isInstanceOf(Inet4Address.class);
    assertThat(ip).isEqualTo(ConnectAuthority.of(new InetSocketAddress("10.0.0.1", 80)));
  }

  @Test
  void hostnamesAreLowerCase() throws HeaderException {
    assertThat(ConnectAuthority.parse("DB.Shop.svc.cluster.local:80"))
        .isEqualTo(new ConnectAuthority.Hostname("db.shop.svc.cluster.local", 80));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":80",
        "10.0.0.1",
        "10.0.0.1:",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:-1",
        "10.0.0.1:+80",
        "10.0.0.1:080000",
        "10.0.0.1:8 0",
        "10.0.0:80",
        "10.0.0.256:80",
        "999:80",
        "fd00::1:80",
        "[fd00::1:80",
        "[fd00::1%eth0]:80",
        "[10.0.0.1]:80",
        "[]:80",
        "user@host:80",
        "host/path:80",
        "http://host:80",
        "ho st:80",
        "h\u00f6st:80",
        ".host:80",
        "host..name:80",
        "host.:80"
      })
  void othersAreRefused(String text) {
    assertThatThrownBy(() -> ConnectAuthority.parse(text))
        .isInstanceOf(HeaderException.class)
        .hasMessageContaining(":authority: ")
        .hasMessageContaining("(expected: ip:port, [ipv6]:port or hostname:port)");
  }

  @Test
  void anOverlongAuthorityIsRefusedWithoutRepeatingIt() {
    assertThatThrownBy(() -> ConnectAuthority.parse("a".repeat(100_000) + ":80"))
        .isInstanceOf(HeaderException.class)
        .message()
        .hasSizeLessThan(250);
  }

  @Test
  void anOverlongLabelIsRefused() {
    assertThatThrownBy(() -> ConnectAuthority.parse("a".repeat(64) + ".local:80"))
        .isInstanceOf(HeaderException.class);
  }

  @Test
  void controlCharactersDoNotReachTheMessage() {
    assertThatThrownBy(() -> ConnectAuthority.parse("a\r\nb:80"))
        .isInstanceOf(HeaderException.class)
        .hasMessageContaining("a??b:80");
  }
}
