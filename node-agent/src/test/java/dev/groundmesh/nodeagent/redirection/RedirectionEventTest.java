package dev.groundmesh.nodeagent.redirection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.ebpf.Refusal;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectionEventTest {
  @ParameterizedTest
  @CsvSource({
    "OUTBOUND_AGENT_GONE, AGENT_NOT_ALIVE",
    "INBOUND_AGENT_HUNG, AGENT_NOT_ALIVE",
    "AGENT_PORT, LOOP",
    "BOUND_TO_DEVICE, CAPTURE_FAILED",
    "NOT_MARKED, CAPTURE_FAILED"
  })
  void eachRefusalHasTheReasonThatItHasElsewhere(Refusal refusal, ReasonCode reason) {
    RedirectionEvent event =
        new RedirectionEvent(
            Duration.ZERO,
            1,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 15001),
            refusal);

    assertThat(event.reason()).isEqualTo(reason);
  }
}
