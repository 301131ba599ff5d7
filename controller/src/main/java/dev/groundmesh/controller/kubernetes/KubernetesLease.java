package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.leader.Lease;
import dev.groundmesh.controller.leader.LeaseStore;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** The lease as an object of {@code coordination.k8s.io}. */
public final class KubernetesLease implements LeaseStore {

  private static final DateTimeFormatter MICRO_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** So that a leader whose request hangs notices in time that it is none. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private final ApiRequests api;
  private final String collection;
  private final String name;

  /** The client stays the caller's, to be closed later. */
  public KubernetesLease(KubernetesClient client, String namespace, String name) {
    this.api = new ApiRequests(client, PATIENCE);
    this.collection = "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases";
    this.name = name;
  }

  @Override
  public Optional<Lease> read() throws IOException, InterruptedException {
    try {
      return Optional.of(lease(api.get(collection + '/' + name)));
    } catch (ApiException e) {
      if (e.code() == ApiException.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public Optional<Lease> write(Lease lease) throws IOException, InterruptedException {
    ObjectNode object = api.mapper().createObjectNode();
    object.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    ObjectNode spec = object.putObject("spec");
    spec.put("holderIdentity", lease.holder());
    spec.put("leaseDurationSeconds", Math.max(1, lease.duration().toSeconds()));
    spec.put("acquireTime", MICRO_TIME.format(lease.acquired()));
    spec.put("renewTime", MICRO_TIME.format(lease.renewed()));
    spec.put("leaseTransitions", lease.transitions());
    try {
      if (lease.version().isEmpty()) {
        return Optional.of(lease(api.send("POST", collection, ApiRequests.JSON, object)));
      }
      metadata.put("resourceVersion", lease.version());
      return Optional.of(lease(api.send("PUT", collection + '/' + name, ApiRequests.JSON, object)));
    } catch (ApiException e) {
      if (e.code() == ApiException.CONFLICT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Lease lease(JsonNode object) {
    JsonNode spec = object.path("spec");
    return new Lease(
        spec.path("holderIdentity").asText(),
        Duration.ofSeconds(spec.path("leaseDurationSeconds").asLong(1)),
        time(spec.path("acquireTime")),
        time(spec.path("renewTime")),
        spec.path("leaseTransitions").asInt(),
        object.path("metadata").path("resourceVersion").asText());
  }

  private static Instant time(JsonNode text) {
    try {
      return Instant.parse(text.asText());
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}
