package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** From the fields of one object to the typed object, wherever the fields were read. Pure. */
final class ObjectReader {

  /** What a namespace's objects without one belong to, as kubectl has it. */
  private static final String DEFAULT_NAMESPACE = "default";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private ObjectReader() {}

  /**
   * Reads an object, which may turn out to be unusable.
   *
   * @return empty if it cannot be told which object it is; the fields' problems say why
   */
  static Optional<ReadObject> read(Kind kind, Fields fields, String contentHash) {
    Problems problems = fields.problems();
    Fields meta = fields.object("metadata");
    Metadata metadata = metadata(kind, meta, contentHash);
    if (!problems.errors().isEmpty()) {
      return Optional.empty();
    }
    MeshObject object = body(kind, metadata, meta, fields);
    fields.ignore("apiVersion", "kind", "status", "spec", "data", "secrets", "imagePullSecrets");
    fields.ignore("automountServiceAccountToken");
    fields.warnUnknown();
    return Optional.of(
        new ReadObject(
            new ObjectKey(kind, metadata.namespace(), metadata.name()),
            metadata,
            problems.errors().isEmpty() ? object : null,
            problems.errors().isEmpty() ? null : standIn(object, problems),
            problems.errors(),
            problems.warnings()));
  }

  /**
   * The strictest policy for what an unusable one selects; where that is in doubt, for its whole
   * namespace.
   */
  private static @Nullable MeshObject standIn(MeshObject object, Problems problems) {
    boolean inDoubt =
        problems.errors().stream().anyMatch(problem -> problem.field().startsWith("spec.selector"));
    return switch (object) {
      case AuthorizationPolicy policy when policy.targets().isEmpty() ->
          new AuthorizationPolicy(
              policy.metadata(),
              inDoubt ? Map.of() : policy.selector(),
              List.of(),
              AuthorizationPolicy.Action.ALLOW,
              List.of());
      case PeerAuthentication policy ->
          new PeerAuthentication(
              policy.metadata(),
              inDoubt ? Map.of() : policy.selector(),
              PeerAuthentication.Mode.STRICT,
              Map.of());
      default -> null;
    };
  }

  private static Metadata metadata(Kind kind, Fields meta, String contentHash) {
    String name = meta.requiredString("name");
    if (!name.isEmpty() && (!NAME.matcher(name).matches() || name.contains(".."))) {
      meta.error("name", name, "a DNS name in lower case of at most 253 characters");
    }
    String namespace = meta.string("namespace");
    if (!kind.namespaced()) {
      namespace = "";
    } else if (namespace.isEmpty()) {
      namespace = DEFAULT_NAMESPACE;
    } else if (!NAMESPACE.matcher(namespace).matches()) {
      meta.error("namespace", namespace, "a DNS label in lower case of at most 63 characters");
    }
    long created = Long.MAX_VALUE;
    String timestamp = meta.scalar("creationTimestamp");
    if (!timestamp.isEmpty()) {
      try {
        created = Instant.parse(timestamp).toEpochMilli();
      } catch (DateTimeParseException e) {
        meta.error("creationTimestamp", timestamp, "a time such as 2026-01-02T03:04:05Z");
      }
    }
    return new Metadata(
        namespace,
        name,
        meta.string("uid"),
        Interned.map(meta.stringMap("labels")),
        Interned.map(meta.stringMap("annotations")),
        created,
        contentHash,
        generation(meta));
  }

  private static long generation(Fields meta) {
    String text = meta.scalar("generation");
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      meta.error("generation", text, "a number");
      return 0;
    }
  }

  private static MeshObject body(Kind kind, Metadata metadata, Fields meta, Fields fields) {
    return switch (kind) {
      case NAMESPACE -> new dev.groundmesh.controller.model.Namespace(metadata);
      case NODE -> new dev.groundmesh.controller.model.Node(metadata);
      case SERVICE_ACCOUNT -> new dev.groundmesh.controller.model.ServiceAccount(metadata);
      case POD -> CoreObjects.pod(metadata, meta, fields);
      case SERVICE -> CoreObjects.service(metadata, fields);
      case ENDPOINT_SLICE -> CoreObjects.endpointSlice(metadata, fields);
      case SERVICE_ENTRY -> NetworkingObjects.serviceEntry(metadata, fields);
      case WORKLOAD_ENTRY -> NetworkingObjects.workloadEntry(metadata, fields);
      case GATEWAY -> GatewayObjects.gateway(metadata, fields);
      case GATEWAY_CLASS -> GatewayObjects.gatewayClass(metadata, fields);
      case AUTHORIZATION_POLICY -> SecurityObjects.authorizationPolicy(metadata, fields);
      case PEER_AUTHENTICATION -> SecurityObjects.peerAuthentication(metadata, fields);
    };
  }
}
