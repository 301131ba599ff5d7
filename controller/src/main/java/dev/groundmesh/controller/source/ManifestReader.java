package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * From the text of a manifest file (YAML, and so JSON) to typed objects. Pure but for the notice of
 * unknown kinds.
 */
final class ManifestReader {

  /** What a namespace's objects without one belong to, as kubectl has it. */
  private static final String DEFAULT_NAMESPACE = "default";

  private static final int MAX_CODE_POINTS = 256 << 20;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private final Consumer<String> onUnknownKind;

  /**
   * @param onUnknownKind told {@code apiVersion kind} of each document of a kind that the mesh does
   *     not read
   */
  ManifestReader(Consumer<String> onUnknownKind) {
    this.onUnknownKind = onUnknownKind;
  }

  /**
   * One object of a file.
   *
   * @param object null where there are errors
   */
  record Manifest(
      ObjectKey key,
      String contentHash,
      @Nullable MeshObject object,
      List<Problem> errors,
      List<Problem> warnings) {}

  /**
   * What a file holds.
   *
   * @param manifests in the order of the file
   * @param problems of documents that cannot be told to be any object; not empty: what is missing
   *     from {@code manifests} may be hidden in them, and must not be taken for gone
   */
  record Contents(List<Manifest> manifests, List<Problem> problems) {}

  Contents read(String file, String text) {
    List<Manifest> manifests = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file)
            .setUseMarks(true)
            .setCodePointLimit(MAX_CODE_POINTS)
            .build();
    try {
      for (Node document : new Compose(settings).composeAllFromString(text)) {
        if (!document.getTag().equals(Tag.NULL)) {
          document(file, document, "", manifests, problems);
        }
      }
    } catch (MarkedYamlEngineException e) {
      problems.add(
          new Problems(file)
              .problem(
                  e.getProblemMark(),
                  "",
                  e.getProblem(),
                  e.getContext() == null ? "YAML" : "YAML " + e.getContext()));
    } catch (YamlEngineException e) {
      problems.add(new Problem(file, 0, 0, "", String.valueOf(e.getMessage()), "YAML"));
    }
    return new Contents(manifests, problems);
  }

  private void document(
      String file, Node node, String path, List<Manifest> manifests, List<Problem> fileProblems) {
    Problems problems = new Problems(file);
    if (!(node instanceof MappingNode)) {
      problems.error(node, path, "an object with apiVersion, kind and metadata");
      fileProblems.addAll(problems.errors());
      return;
    }
    Optional<String> hash = ContentHash.of(node);
    if (hash.isEmpty()) {
      problems.error(
          node,
          path,
          "fewer than "
              + ContentHash.MAX_NODES
              + " values nested at most "
              + ContentHash.MAX_DEPTH
              + " deep");
      fileProblems.addAll(problems.errors());
      return;
    }
    Fields fields = Fields.of(node, path, problems);
    String apiVersion = fields.requiredString("apiVersion");
    String kindText = fields.requiredString("kind");
    if (kindText.endsWith("List") && fields.has("items")) {
      for (int i = 0; i < items(fields).size(); i++) {
        document(
            file,
            items(fields).get(i),
            fields.path() + "items[" + i + ']',
            manifests,
            fileProblems);
      }
      return;
    }
    Optional<Kind> kind = Kind.of(apiVersion, kindText);
    if (problems.errors().isEmpty() && kind.isEmpty()) {
      onUnknownKind.accept(apiVersion + ' ' + kindText);
      return;
    }
    Fields meta = fields.object("metadata");
    Metadata metadata = kind.map(k -> metadata(k, meta, hash.get())).orElse(null);
    if (metadata == null || !problems.errors().isEmpty()) {
      fileProblems.addAll(problems.errors());
      return;
    }
    ObjectKey key = new ObjectKey(kind.get(), metadata.namespace(), metadata.name());
    MeshObject object = body(kind.get(), metadata, meta, fields);
    fields.ignore("status", "spec", "data", "secrets", "imagePullSecrets");
    fields.ignore("automountServiceAccountToken");
    fields.warnUnknown();
    manifests.add(
        new Manifest(
            key,
            metadata.contentHash(),
            problems.errors().isEmpty() ? object : null,
            List.copyOf(problems.errors()),
            List.copyOf(problems.warnings())));
  }

  private static List<Node> items(Fields fields) {
    return fields.nodes("items");
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
        contentHash);
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

  /**
   * Kinds that are ordinary in such folders and mean nothing to the mesh, so that nobody need be
   * told.
   */
  static final Set<String> ORDINARY =
      Set.of(
          "apps/v1 Deployment",
          "apps/v1 ReplicaSet",
          "apps/v1 StatefulSet",
          "apps/v1 DaemonSet",
          "batch/v1 Job",
          "batch/v1 CronJob",
          "v1 ConfigMap",
          "v1 Secret");
}
