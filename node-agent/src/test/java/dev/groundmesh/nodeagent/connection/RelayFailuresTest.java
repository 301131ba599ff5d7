package dev.groundmesh.nodeagent.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import org.junit.jupiter.api.Test;

class RelayFailuresTest {

  @Test
  void theReasonOfAFailureComesBeforeItsKind() {
    StreamFailure flood =
        new StreamFailure(
            StreamFailure.Kind.PROTOCOL_ERROR, "flood: PING", ReasonCode.H2_PING_FLOOD);

    assertThat(RelayFailures.reasonOf(flood)).isEqualTo(ReasonCode.H2_PING_FLOOD);
  }

  @Test
  void aFailureWithoutAReasonIsNamedByItsKind() {
    assertThat(
            RelayFailures.reasonOf(
                new StreamFailure(StreamFailure.Kind.PROTOCOL_ERROR, "a broken rule")))
        .isEqualTo(ReasonCode.H2_PROTOCOL_ERROR);
  }

  @Test
  void whatTheApplicationsDoToEachOtherIsNoFailureOfTheMesh() {
    assertThat(RelayFailures.reasonOf(new StreamFailure(StreamFailure.Kind.RESET_BY_PEER, "reset")))
        .isNull();
  }
}
