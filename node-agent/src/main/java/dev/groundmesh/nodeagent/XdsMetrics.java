package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.xds.StreamEnd;
import dev.groundmesh.meshapi.xds.XdsObserver;
import dev.groundmesh.nodeagent.telemetry.AgentMetrics;
import java.time.Duration;

/** Counts the control plane's stream under the names that ztunnel gives it. */
final class XdsMetrics implements XdsObserver {
  private final AgentMetrics metrics;

  XdsMetrics(AgentMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void connected() {}

  @Override
  public void ended(StreamEnd end) {
    metrics
        .counter(
            "istio_xds_connection_terminations",
            "The total number of completed connections to xds server",
            "reason",
            end.label())
        .increment();
  }

  @Override
  public void received(ResourceType type, long bytes) {
    metrics
        .counter("istio_xds_message", "Total number of messages received", "url", type.typeUrl())
        .increment();
    metrics
        .counter("istio_xds_message_bytes", "Total number of bytes received", "url", type.typeUrl())
        .increment((double) bytes);
  }

  @Override
  public void applied(ResourceType type, int rejected, Duration took) {
    if (rejected > 0) {
      metrics
          .counter(
              "groundmesh_xds_rejected_resources",
              "Resources of the controller that could not be used",
              "url",
              type.typeUrl())
          .increment(rejected);
    }
  }
}
