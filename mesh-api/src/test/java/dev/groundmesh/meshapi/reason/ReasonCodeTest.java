package dev.groundmesh.meshapi.reason;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReasonCodeTest {

  @ParameterizedTest
  @EnumSource(ReasonCode.class)
  void everyCodeAnswersAConnectAndExplainsItself(ReasonCode reason) {
    assertThat(reason.hboneStatus()).isIn(400, 401, 503);
    assertThat(reason.text()).isNotBlank().doesNotEndWith(".");
    assertThat(reason.code()).matches("[A-Z][A-Z0-9_]*");
  }

  @ParameterizedTest
  @EnumSource(value = ReasonCode.class, mode = EnumSource.Mode.MATCH_ANY, names = "POLICY_.*")
  void policiesRefuseWith401AndTheFlagDeny(ReasonCode reason) {
    assertThat(reason.hboneStatus()).isEqualTo(401);
    assertThat(reason.responseFlag()).isEqualTo(ResponseFlag.DENY);
  }

  @Test
  void responseFlagsAreThoseOfIstiosDashboards() {
    assertThat(Arrays.stream(ResponseFlag.values()).map(ResponseFlag::label))
        .containsExactly(
            "-",
            "DENY",
            "CONNECT",
            "TLS_FAILURE",
            "H2_HANDSHAKE_FAILURE",
            "NETWORK_POLICY",
            "IDENTITY_ERROR",
            "CERT_REVOKED");
  }
}
