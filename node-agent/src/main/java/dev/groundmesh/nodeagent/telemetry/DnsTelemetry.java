package dev.groundmesh.nodeagent.telemetry;

import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.dns.DnsEvents;
import dev.groundmesh.nodeagent.log.Log;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/** Counts and logs DNS queries under the names that ztunnel gives them. */
public final class DnsTelemetry implements DnsEvents {
  private static final String TARGET = "dns";

  private final AgentMetrics metrics;
  private final Log log;
  private final Supplier<MeshSnapshot> snapshots;

  public DnsTelemetry(AgentMetrics metrics, Log log, Supplier<MeshSnapshot> snapshots) {
    this.metrics = metrics;
    this.log = log;
    this.snapshots = snapshots;
  }

  @Override
  public void requested(Question question) {
    metrics
        .counter("istio_dns_requests", "Total number of DNS requests", labels(question))
        .increment();
  }

  @Override
  public void forwarded(Question question) {
    metrics
        .counter(
            "istio_dns_upstream_requests",
            "Total number of DNS requests forwarded to upstream",
            labels(question))
        .increment();
  }

  @Override
  public void forwardingEnded(Question question, boolean success, long nanos) {
    if (!success) {
      metrics
          .counter(
              "istio_dns_upstream_failures",
              "Total number of DNS requests that failed to forward upstream",
              labels(question))
          .increment();
    }
    metrics
        .dnsTimer(
            "istio_dns_upstream_request_duration",
            "Total time in seconds it takes to get a DNS response from upstream",
            Tags.of(labels(question)))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void answered(Question question, String result, int endpoints) {
    if (!log.enabled(TARGET, Level.DEBUG)) {
      return;
    }
    Workload source = source(question);
    log.write(
        Level.DEBUG,
        TARGET,
        "query answered",
        line ->
            line.quoted("src.workload", source == null ? "unknown" : source.name())
                .quoted("src.namespace", source == null ? "unknown" : source.namespace())
                .quoted("query", question.type())
                .quoted("domain", question.name())
                .quoted("result", result)
                .field("endpoints", endpoints));
  }

  private String[] labels(Question question) {
    Workload source = source(question);
    return new String[] {
      "request_query_type",
      // Of those without a name there are more than there is memory for series.
      question.type().startsWith("TYPE") ? "OTHER" : question.type(),
      "request_protocol",
      question.protocol(),
      "source_canonical_service",
      source == null ? "unknown" : source.canonicalName(),
      "source_canonical_revision",
      source == null ? "unknown" : source.canonicalRevision()
    };
  }

  private @Nullable Workload source(Question question) {
    return snapshots.get().workload(question.workloadUid());
  }
}
