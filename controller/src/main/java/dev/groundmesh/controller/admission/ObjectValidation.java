package dev.groundmesh.controller.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.compile.Enrolment;
import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.policy.AuthorizationConversion;
import dev.groundmesh.controller.policy.Conversion;
import dev.groundmesh.controller.source.ApiObjectReader;
import dev.groundmesh.controller.source.ReadObject;
import dev.groundmesh.controller.status.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Judges objects by the very code that the mesh reads and compiles them with, so that what passes
 * here takes effect there. Pods and namespaces, which are not the mesh's, are never refused.
 */
public final class ObjectValidation {

  private static final String MODE_LABEL = "istio.io/dataplane-mode";
  private static final String AMBIENT = "ambient";

  /** Stands for the name that the API server will make up. */
  private static final String UNNAMED = "unnamed";

  private final AuthorizationConversion authorizations;
  private final Set<String> excludedNamespaces;

  /**
   * @param excludedNamespaces never enrolled, whatever their labels say
   */
  public ObjectValidation(AuthorizationConversion authorizations, Set<String> excludedNamespaces) {
    this.authorizations = authorizations;
    this.excludedNamespaces = Set.copyOf(excludedNamespaces);
  }

  /**
   * Judges the object of an admission request.
   *
   * @param request as in {@code AdmissionReview}
   */
  Verdict judge(JsonNode request) {
    JsonNode named = request.path("kind");
    String group = named.path("group").asText();
    String apiVersion = (group.isEmpty() ? "" : group + '/') + named.path("version").asText();
    Optional<Kind> kind = Kind.of(apiVersion, named.path("kind").asText());
    JsonNode object = request.path("object");
    if (kind.isEmpty() || !object.isObject() || changesNothingOfItsOwn(request)) {
      return Verdict.FINE;
    }
    return ApiObjectReader.read(kind.get(), named(request, object))
        .map(this::judge)
        .orElse(Verdict.FINE);
  }

  /** An object on its way out, or whose spec stays as it was, must not be held up. */
  private static boolean changesNothingOfItsOwn(JsonNode request) {
    JsonNode object = request.path("object");
    JsonNode old = request.path("oldObject");
    return object.path("metadata").has("deletionTimestamp")
        || (old.isObject()
            && old.path("spec").equals(object.path("spec"))
            && old.path("metadata")
                .path("annotations")
                .equals(object.path("metadata").path("annotations"))
            && old.path("metadata").path("labels").equals(object.path("metadata").path("labels")));
  }

  private static JsonNode named(JsonNode request, JsonNode object) {
    if (!object.path("metadata").path("name").asText().isEmpty()) {
      return object;
    }
    ObjectNode copy = object.deepCopy();
    String name = request.path("name").asText();
    copy.withObject("/metadata").put("name", name.isEmpty() ? UNNAMED : name);
    return copy;
  }

  private Verdict judge(ReadObject read) {
    List<String> errors = read.errors().stream().map(Problem::message).toList();
    List<String> warnings = new ArrayList<>();
    read.warnings().forEach(problem -> warnings.add(problem.message()));
    MeshObject object = read.object();
    if (object != null) {
      warnings.addAll(effects(object));
    }
    return switch (read.key().kind()) {
      case POD, NAMESPACE -> Verdict.warning(labels(read, warnings));
      default -> new Verdict(errors, warnings);
    };
  }

  private List<String> effects(MeshObject object) {
    if (!(object instanceof AuthorizationPolicy policy)) {
      return List.of();
    }
    Conversion conversion = authorizations.convert(policy);
    Condition condition = conversion.condition();
    return condition == null || condition.reason().equals("Accepted")
        ? List.of()
        : List.of(condition.message());
  }

  /** Of what is not ours only the labels and annotations are looked at whose meaning is. */
  private List<String> labels(ReadObject read, List<String> warnings) {
    List<String> said = new ArrayList<>(Enrolment.mistakes(read.metadata()));
    boolean ambient = AMBIENT.equals(read.metadata().label(MODE_LABEL));
    String namespace =
        read.object() instanceof Namespace ? read.metadata().name() : read.metadata().namespace();
    if (ambient && excludedNamespaces.contains(namespace)) {
      said.add(
          "metadata.labels["
              + MODE_LABEL
              + "]: "
              + AMBIENT
              + " (expected: none; namespace "
              + namespace
              + " is excluded from the mesh)");
    }
    if (ambient && read.object() instanceof Pod pod && pod.hostNetwork()) {
      said.add(
          "metadata.labels["
              + MODE_LABEL
              + "]: "
              + AMBIENT
              + " (expected: none; a pod with spec.hostNetwork is never enrolled)");
    }
    warnings.stream().filter(warning -> warning.startsWith("metadata.")).forEach(said::add);
    return said;
  }
}
