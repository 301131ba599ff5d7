package dev.groundmesh.controller.xds;

import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.metrics.MetricRegistry.Counter;
import dev.groundmesh.controller.metrics.MetricRegistry.Histogram;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the discovery service counts, under Istio's names where Istio has them. */
final class DiscoveryMetrics {

  final Histogram convergence;
  final Histogram messageBytes;
  private final Map<ResourceType, Counter> pushes = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Counter> rejects = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Counter> staleAnswers = new EnumMap<>(ResourceType.class);
  private final MetricRegistry metrics;

  DiscoveryMetrics(MetricRegistry metrics) {
    this.metrics = metrics;
    convergence =
        metrics.histogram(
            "pilot_proxy_convergence_time",
            "Delay in seconds between config change and a proxy receiving all required"
                + " configuration.",
            List.of(.005, .01, .025, .05, .1, .25, .5, 1., 3., 5., 10., 20., 30.));
    messageBytes =
        metrics.histogram(
            "pilot_xds_config_size_bytes",
            "Distribution of configuration sizes pushed to clients",
            List.of(1., 1_000., 10_000., 100_000., 1_000_000., 4_000_000., 10_000_000.));
    for (ResourceType type : ResourceType.values()) {
      String label = type.name().toLowerCase(Locale.ROOT);
      pushes.put(
          type, metrics.counter("pilot_xds_pushes", "Responses sent, by type.", "type", label));
      rejects.put(
          type,
          metrics.counter(
              "pilot_total_xds_rejects",
              "Total number of XDS responses from pilot rejected by proxy.",
              "type",
              label));
      staleAnswers.put(
          type,
          metrics.counter(
              "pilot_xds_expired_nonce",
              "Total number of XDS requests with an expired nonce.",
              "type",
              label));
    }
  }

  void sent(ResourceType type, ResponseMessage message) {
    counter(pushes, type).increment();
    messageBytes.record(message.bytes().size());
  }

  void rejected(ResourceType type) {
    counter(rejects, type).increment();
  }

  void stale(ResourceType type) {
    counter(staleAnswers, type).increment();
  }

  /** A stream that ended, other than by its client's wish. */
  void ended(String reason) {
    metrics
        .counter(
            "groundmesh_xds_streams_ended_total",
            "Streams that the controller ended, by reason.",
            "reason",
            reason)
        .increment();
  }

  private static Counter counter(Map<ResourceType, Counter> counters, ResourceType type) {
    Counter counter = counters.get(type);
    if (counter == null) {
      throw new IllegalStateException("type: " + type);
    }
    return counter;
  }
}
