package dev.groundmesh.controller.source;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A hash of what a document says, whatever its layout, comments and order of fields. */
final class ContentHash {

  /** Aliases can make a few lines stand for billions of values; no real object comes near this. */
  static final int MAX_NODES = 5_000_000;

  static final int MAX_DEPTH = 100;

  private final MessageDigest digest;
  private int nodes;

  private ContentHash(MessageDigest digest) {
    this.digest = digest;
  }

  /** 16 hex digits; empty where the document is too large or deep, or contains itself. */
  static Optional<String> of(Node node) {
    try {
      ContentHash hash = new ContentHash(MessageDigest.getInstance("SHA-256"));
      return hash.add(node, 0)
          ? Optional.of(HexFormat.of().formatHex(hash.digest.digest(), 0, 8))
          : Optional.empty();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  private boolean add(Node node, int depth) {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      return false;
    }
    return switch (node) {
      case ScalarNode scalar -> {
        text('s', scalar.getTag().getValue());
        text('v', scalar.getValue());
        yield true;
      }
      case SequenceNode sequence -> {
        digest.update((byte) '[');
        for (Node element : sequence.getValue()) {
          if (!add(element, depth + 1)) {
            yield false;
          }
        }
        digest.update((byte) ']');
        yield true;
      }
      case MappingNode mapping -> {
        digest.update((byte) '{');
        List<NodeTuple> tuples = new ArrayList<>(mapping.getValue());
        tuples.sort(Comparator.comparing(ContentHash::sortKey));
        for (NodeTuple tuple : tuples) {
          if (!add(tuple.getKeyNode(), depth + 1) || !add(tuple.getValueNode(), depth + 1)) {
            yield false;
          }
        }
        digest.update((byte) '}');
        yield true;
      }
      default -> false;
    };
  }

  private void text(char mark, String text) {
    digest.update((byte) mark);
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static String sortKey(NodeTuple tuple) {
    return tuple.getKeyNode() instanceof ScalarNode key ? key.getValue() : "";
  }
}
