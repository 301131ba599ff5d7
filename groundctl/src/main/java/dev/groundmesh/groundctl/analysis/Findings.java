package dev.groundmesh.groundctl.analysis;

import java.util.ArrayList;
import java.util.List;

/** Collects what the checks find. */
final class Findings {
  private final List<Finding> all = new ArrayList<>();

  void add(FindingCode code, SourceObject object, String field, String value, String expected) {
    all.add(
        new Finding(
            code,
            object.ref(),
            field,
            value,
            expected,
            object.positions().map(positions -> positions.of(field))));
  }

  List<Finding> all() {
    return all;
  }
}
