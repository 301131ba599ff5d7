package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Refusal;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A connection or datagram that the programs refused.
 *
 * @param at CLOCK_MONOTONIC of the refusal
 * @param netnsCookie the pod's namespace
 * @param remote for what a pod sends, its destination; for what arrives, its source
 * @param refusal why
 */
public record RedirectionEvent(
    Duration at, long netnsCookie, InetSocketAddress remote, Refusal refusal) {
  /** The reason that is reported. */
  public ReasonCode reason() {
    return switch (refusal) {
      case OUTBOUND_AGENT_GONE,
          OUTBOUND_AGENT_HUNG,
          INBOUND_AGENT_GONE,
          INBOUND_AGENT_HUNG,
          DNS_AGENT_GONE ->
          ReasonCode.AGENT_NOT_ALIVE;
      case BOUND_TO_DEVICE, NOT_MARKED -> ReasonCode.CAPTURE_FAILED;
      case AGENT_PORT -> ReasonCode.LOOP;
    };
  }
}
