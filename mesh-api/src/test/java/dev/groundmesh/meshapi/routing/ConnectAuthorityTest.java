package dev.groundmesh.meshapi.routing;

import static dev.groundmesh.meshapi.TestMesh.ip;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectAuthorityTest {

  @Test
  void addressesAndHostNamesAreRead() {
    assertThat(ConnectAuthority.parseOrNull("10.0.0.1:80"))
        .isEqualTo(new ConnectAuthority.Ip(ip("10.0.0.1"), 80));
    assertThat(ConnectAuthority.parseOrNull("[fd00::1]:65535"))
        .isEqualTo(new ConnectAuthority.Ip(ip("fd00::1"), 65535));
    assertThat(ConnectAuthority.parseOrNull("Web.Shop.svc:8080"))
        .isEqualTo(new ConnectAuthority.Hostname("web.shop.svc", 8080));
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
        "10.0.0.1:+80",
        "10.0.0.1:080000",
        "fd00::1:80",
        "[fd00::1]",
        "[fd00::1:80",
        "fd00::1]:80",
        "[10.0.0.1]:80",
        "[]:80",
        "[x]:80",
        "we b:80",
        "web/x:80",
        "user@web:80",
        "10.0.0:80",
        "1.2.3.4.5:80",
        "web:80:80",
        "-:80",
        "*.:80"
      })
  void whatIsNoAuthorityIsRefused(String text) {
    assertThat(ConnectAuthority.parseOrNull(text)).isNull();
  }

  @Test
  void overlongTextIsRefused() {
    assertThat(ConnectAuthority.parseOrNull("a".repeat(ConnectAuthority.MAX_LENGTH) + ":80"))
        .isNull();
  }

  @FuzzTest
  void whatIsReadIsWrittenTheSame(FuzzedDataProvider data) {
    ConnectAuthority authority = ConnectAuthority.parseOrNull(data.consumeRemainingAsString());
    if (authority != null) {
      assertThat(ConnectAuthority.parseOrNull(authority.toString())).isEqualTo(authority);
      assertThat(authority.port()).isBetween(1, 65535);
    }
  }
}
