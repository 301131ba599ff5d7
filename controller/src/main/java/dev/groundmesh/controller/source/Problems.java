package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Collects what is wrong with one object while it is read. */
final class Problems {

  private final String file;
  private final List<Problem> errors = new ArrayList<>();
  private final List<Problem> warnings = new ArrayList<>();

  Problems(String file) {
    this.file = file;
  }

  void error(Node at, String field, String value, String expected) {
    errors.add(problem(at.getStartMark(), field, value, expected));
  }

  void error(Node at, String field, String expected) {
    error(at, field, shown(at), expected);
  }

  void warn(Node at, String field, String value, String expected) {
    warnings.add(problem(at.getStartMark(), field, value, expected));
  }

  List<Problem> errors() {
    return errors;
  }

  List<Problem> warnings() {
    return warnings;
  }

  Problem problem(Optional<Mark> mark, String field, String value, String expected) {
    int line = mark.map(Mark::getLine).orElse(-1) + 1;
    int column = mark.map(Mark::getColumn).orElse(-1) + 1;
    return new Problem(file, line, column, field, value, expected);
  }

  private static String shown(Node node) {
    return switch (node.getNodeType()) {
      case SCALAR -> ((ScalarNode) node).getValue();
      case MAPPING -> "a mapping";
      case SEQUENCE -> "a list";
      case ANCHOR -> "an anchor";
    };
  }
}
