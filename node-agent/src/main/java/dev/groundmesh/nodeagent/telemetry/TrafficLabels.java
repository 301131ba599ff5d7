package dev.groundmesh.nodeagent.telemetry;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ServiceAttributes;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The labels of Istio's TCP metric families, in Istio's order, as they stand between the braces of
 * a sample.
 */
record TrafficLabels(String text) {
  private static final List<String> NAMES =
      List.of(
          "reporter",
          "source_workload",
          "source_canonical_service",
          "source_canonical_revision",
          "source_workload_namespace",
          "source_principal",
          "source_app",
          "source_version",
          "source_cluster",
          "destination_service",
          "destination_service_namespace",
          "destination_service_name",
          "destination_workload",
          "destination_canonical_service",
          "destination_canonical_revision",
          "destination_workload_namespace",
          "destination_principal",
          "destination_app",
          "destination_version",
          "destination_cluster",
          "request_protocol",
          "response_flags",
          "connection_security_policy",
          "source_region",
          "source_zone",
          "destination_region",
          "destination_zone");

  static TrafficLabels of(Key key) {
    WorkloadAttributes source = key.source();
    WorkloadAttributes destination = key.destination();
    ServiceAttributes service = key.service();
    String[] values = {
      key.reporter(),
      source.workloadName(),
      source.canonicalService(),
      source.canonicalRevision(),
      source.namespace(),
      key.sourceIdentity() == null ? "" : key.sourceIdentity().toString(),
      source.canonicalService(),
      source.canonicalRevision(),
      source.cluster(),
      service == null ? "" : service.hostname(),
      service == null ? "" : service.namespace(),
      service == null ? "" : service.name(),
      destination.workloadName(),
      destination.canonicalService(),
      destination.canonicalRevision(),
      destination.namespace(),
      key.destinationIdentity() == null ? "" : key.destinationIdentity().toString(),
      destination.canonicalService(),
      destination.canonicalRevision(),
      destination.cluster(),
      "tcp",
      key.responseFlag(),
      key.mutualTls() ? "mutual_tls" : "",
      source.region(),
      source.zone(),
      destination.region(),
      destination.zone()
    };
    StringBuilder text = new StringBuilder(1024);
    for (int i = 0; i < values.length; i++) {
      text.append(i == 0 ? "" : ",").append(NAMES.get(i)).append("=\"");
      MetricsText.escape(text, values[i].isEmpty() ? "unknown" : values[i]);
      text.append('"');
    }
    return new TrafficLabels(text.toString());
  }

  /**
   * What the labels are made of. The attributes are shared by the connections of a workload, so
   * that comparing two keys mostly compares references.
   *
   * @param responseFlag {@code -} for a connection that is open or ended in order
   */
  record Key(
      String reporter,
      WorkloadAttributes source,
      @Nullable SpiffeId sourceIdentity,
      WorkloadAttributes destination,
      @Nullable SpiffeId destinationIdentity,
      @Nullable ServiceAttributes service,
      boolean mutualTls,
      String responseFlag) {

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && mutualTls == key.mutualTls
          && reporter.equals(key.reporter)
          && source.equals(key.source)
          && destination.equals(key.destination)
          && Objects.equals(sourceIdentity, key.sourceIdentity)
          && Objects.equals(destinationIdentity, key.destinationIdentity)
          && Objects.equals(service, key.service)
          && responseFlag.equals(key.responseFlag);
    }

    @Override
    public int hashCode() {
      int hash = 31 * reporter.hashCode() + source.hashCode();
      hash = 31 * hash + destination.hashCode();
      hash = 31 * hash + Objects.hashCode(service);
      return 31 * hash + responseFlag.hashCode();
    }

    /** The same without the two ends, for when there are too many of them. */
    Key ofNobody() {
      return new Key(
          reporter,
          WorkloadAttributes.UNKNOWN,
          null,
          WorkloadAttributes.UNKNOWN,
          null,
          null,
          mutualTls,
          responseFlag);
    }

    static Key of(ConnectionAttributes connection, String responseFlag) {
      return new Key(
          connection.direction().reporter(),
          connection.source(),
          connection.sourceIdentity(),
          connection.destination(),
          connection.destinationIdentity(),
          connection.service(),
          connection.mutualTls(),
          responseFlag);
    }
  }
}
