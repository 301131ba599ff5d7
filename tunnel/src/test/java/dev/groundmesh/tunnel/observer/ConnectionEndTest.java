package dev.groundmesh.tunnel.observer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import org.junit.jupiter.api.Test;

class ConnectionEndTest {
  @Test
  void anEndWithAReasonShowsItsFlag() {
    assertThat(new ConnectionEnd(ReasonCode.CERT_REVOKED, "x").responseFlag())
        .isEqualTo("CERT_REVOKED");
  }
}
