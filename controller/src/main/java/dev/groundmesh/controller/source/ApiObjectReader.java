package dev.groundmesh.controller.source;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.controller.model.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads objects as the Kubernetes API writes them, by the rules that manifests are read by. Pure.
 *
 * <p>Bookkeeping of other programs is left out: it changes often, means nothing to the mesh and can
 * be most of an object's size.
 */
public final class ApiObjectReader {

  /**
   * What in a folder of manifests stands for the kubelet's word. In a cluster it would let who may
   * write a pod claim another pod's address or network namespace.
   */
  private static final Set<String> FOLDER_ONLY =
      Set.of("groundmesh.dev/pod-ips", "groundmesh.dev/netns");

  private ApiObjectReader() {}

  /** An object of a kind; empty if it has no usable name, which the API server never writes. */
  public static Optional<ReadObject> read(Kind kind, JsonNode json) {
    Fields fields = Fields.of(node(json, ""), "", new Problems(""));
    return ObjectReader.read(kind, fields, "");
  }

  private static Node node(JsonNode json, String path) {
    return switch (json.getNodeType()) {
      case OBJECT -> mapping(json, path);
      case ARRAY -> {
        List<Node> elements = new ArrayList<>(json.size());
        for (JsonNode element : json) {
          elements.add(node(element, path + "[]"));
        }
        yield new SequenceNode(Tag.SEQ, elements, FlowStyle.BLOCK);
      }
      case STRING -> scalar(Tag.STR, json.textValue());
      case BOOLEAN -> scalar(Tag.BOOL, json.asText());
      case NUMBER -> scalar(json.isIntegralNumber() ? Tag.INT : Tag.FLOAT, json.asText());
      case NULL, MISSING, BINARY, POJO -> scalar(Tag.NULL, "null");
    };
  }

  private static Node mapping(JsonNode json, String path) {
    List<NodeTuple> tuples = new ArrayList<>(json.size());
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      String at = path.isEmpty() ? field.getKey() : path + '.' + field.getKey();
      if (isRead(path, field.getKey())) {
        tuples.add(new NodeTuple(scalar(Tag.STR, field.getKey()), node(field.getValue(), at)));
      }
    }
    return new MappingNode(Tag.MAP, tuples, FlowStyle.BLOCK);
  }

  private static boolean isRead(String path, String name) {
    return switch (path) {
      case "metadata" -> !name.equals("managedFields");
      case "metadata.annotations" -> isOfTheMesh(name);
      default -> true;
    };
  }

  private static boolean isOfTheMesh(String annotation) {
    int slash = annotation.indexOf('/');
    String domain = slash < 0 ? "" : annotation.substring(0, slash);
    return (domain.equals("istio.io")
            || domain.endsWith(".istio.io")
            || domain.equals("groundmesh.dev"))
        && !FOLDER_ONLY.contains(annotation);
  }

  private static ScalarNode scalar(Tag tag, String value) {
    return new ScalarNode(tag, value, ScalarStyle.PLAIN);
  }
}
