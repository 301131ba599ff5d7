package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
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

  private static final int MAX_CODE_POINTS = 256 << 20;
  private final Consumer<String> onUnknownKind;

  /**
   * @param onUnknownKind told {@code apiVersion kind} of each document of a kind that the mesh does
   *     not read
   */
  ManifestReader(Consumer<String> onUnknownKind) {
    this.onUnknownKind = onUnknownKind;
  }

  /**
   * What a file holds.
   *
   * @param manifests in the order of the file
   * @param problems of documents that cannot be told to be any object; not empty: what is missing
   *     from {@code manifests} may be hidden in them, and must not be taken for gone
   */
  record Contents(List<ReadObject> manifests, List<Problem> problems) {}

  Contents read(String file, String text) {
    List<ReadObject> manifests = new ArrayList<>();
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
      String file, Node node, String path, List<ReadObject> manifests, List<Problem> fileProblems) {
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
    Optional<ReadObject> read = kind.flatMap(k -> ObjectReader.read(k, fields, hash.get()));
    if (read.isPresent()) {
      manifests.add(read.get());
    } else {
      fileProblems.addAll(problems.errors());
    }
  }

  private static List<Node> items(Fields fields) {
    return fields.nodes("items");
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
