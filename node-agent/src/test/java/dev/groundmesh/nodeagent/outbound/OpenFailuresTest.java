package dev.groundmesh.nodeagent.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenFailuresTest {

  @ParameterizedTest
  @CsvSource({
    "CONNECT_FAILED, 0, CONNECT_FAILED",
    "CONNECT_TIMEOUT, 0, TUNNEL_CONNECT_TIMEOUT",
    "TLS_FAILED, 0, TLS_HANDSHAKE_FAILED",
    "H2_FAILED, 0, H2_HANDSHAKE_FAILED",
    "REFUSED, 401, HBONE_UNAUTHORIZED",
    "REFUSED, 503, HBONE_REFUSED",
    "RESET, 0, STREAM_RESET",
    "TUNNEL_LOST, 0, TUNNEL_LOST",
    "LIMIT, 0, CONNECTION_LIMIT"
  })
  void eachFailureHasItsReason(OpenFailure.Kind kind, int status, ReasonCode reason) {
    assertThat(OpenFailures.reasonOf(new OpenFailure(kind, status, "test", null)))
        .isEqualTo(reason);
  }
}
