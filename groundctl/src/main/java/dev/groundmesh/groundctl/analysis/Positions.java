package dev.groundmesh.groundctl.analysis;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Where the fields of one object stand in its file. */
public record Positions(String file, Node root) {
  /**
   * The place of a field, or of the innermost part of its path that there is.
   *
   * @param field such as {@code spec.rules[0].from} or {@code metadata.labels[app]}; names may hold
   *     dots themselves
   */
  public Place of(String field) {
    Node node = root;
    String rest = field;
    while (!rest.isEmpty()) {
      Step step =
          switch (node) {
            case MappingNode mapping -> into(mapping, rest);
            case SequenceNode sequence -> into(sequence, rest);
            default -> null;
          };
      if (step == null) {
        break;
      }
      node = step.node();
      rest = step.rest();
    }
    Mark mark = node.getStartMark().orElse(null);
    return mark == null
        ? new Place(file, 0, 0)
        : new Place(file, mark.getLine() + 1, mark.getColumn() + 1);
  }

  private record Step(Node node, String rest) {}

  private static @Nullable Step into(MappingNode mapping, String path) {
    Step longest = null;
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key) {
        for (String written : new String[] {key.getValue(), '[' + key.getValue() + ']'}) {
          if (path.startsWith(written) && endsName(path, written.length())) {
            String rest = after(path, written.length());
            if (longest == null || rest.length() < longest.rest().length()) {
              longest = new Step(tuple.getValueNode(), rest);
            }
          }
        }
      }
    }
    return longest;
  }

  private static @Nullable Step into(SequenceNode sequence, String path) {
    int end = path.indexOf(']');
    if (path.charAt(0) != '[' || end < 2 || !path.substring(1, end).matches("[0-9]{1,6}")) {
      return null;
    }
    int index = Integer.parseInt(path.substring(1, end));
    return index < sequence.getValue().size()
        ? new Step(sequence.getValue().get(index), after(path, end + 1))
        : null;
  }

  private static boolean endsName(String path, int at) {
    return at == path.length() || path.charAt(at) == '.' || path.charAt(at) == '[';
  }

  private static String after(String path, int at) {
    return at < path.length() && path.charAt(at) == '.'
        ? path.substring(at + 1)
        : path.substring(at);
  }
}
