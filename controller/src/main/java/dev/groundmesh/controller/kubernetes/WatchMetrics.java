package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.metrics.MetricRegistry.Histogram;
import dev.groundmesh.controller.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How well the API server is followed, as numbers. Thread-safe. */
final class WatchMetrics {

  private record Objects(int all, int rejected) {}

  private static final Objects NONE = new Objects(0, 0);

  private final Map<Kind, Objects> objects = new ConcurrentHashMap<>();
  private final MetricRegistry registry;
  private final Histogram applied;

  WatchMetrics(MetricRegistry registry) {
    this.registry = registry;
    this.applied =
        registry.histogram(
            "groundmesh_source_apply_seconds",
            "From a change being heard of to its being compiled and published.",
            List.of(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0));
  }

  void show(KindWatch watch) {
    String kind = watch.kind().text();
    registry.gauge(
        "groundmesh_watch_connected",
        "Whether the kind is being watched (1), or lost or not in the cluster (0).",
        () -> watch.connected() ? 1 : 0,
        "kind",
        kind);
    registry.gauge(
        "groundmesh_watch_silence_seconds",
        "Since the API server last said anything of the kind; it does about once a minute.",
        watch::silentSeconds,
        "kind",
        kind);
    registry.gauge(
        "groundmesh_objects",
        "Objects of the cluster that are known.",
        () -> objects.getOrDefault(watch.kind(), NONE).all(),
        "kind",
        kind);
    registry.gauge(
        "groundmesh_objects_rejected",
        "Objects whose newest version cannot be used.",
        () -> objects.getOrDefault(watch.kind(), NONE).rejected(),
        "kind",
        kind);
  }

  void show(PendingChanges pending) {
    registry.gauge(
        "groundmesh_source_waiting_seconds",
        "How long the oldest change has waited that is heard of and not compiled.",
        pending::waitingSeconds);
  }

  void applied(double seconds) {
    applied.record(seconds);
  }

  /** How many objects of a kind there are now, and how many of them are unusable. */
  void count(Kind kind, int all, int rejected) {
    objects.put(kind, new Objects(all, rejected));
  }

  void listed(Kind kind) {
    registry
        .counter("groundmesh_lists_total", "Complete lists of a kind.", "kind", kind.text())
        .increment();
  }

  void lost(Kind kind) {
    registry
        .counter(
            "groundmesh_watch_failures_total",
            "Lists and watches that failed or broke off.",
            "kind",
            kind.text())
        .increment();
  }
}
