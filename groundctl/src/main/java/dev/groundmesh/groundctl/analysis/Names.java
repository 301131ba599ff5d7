package dev.groundmesh.groundctl.analysis;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Several things in a line. */
final class Names {
  private static final int SHOWN = 3;

  private Names() {}

  /** The first few, and how many more. */
  static String of(List<?> things) {
    Set<String> names = new TreeSet<>();
    things.forEach(thing -> names.add(thing.toString()));
    List<String> shown = names.stream().limit(SHOWN).toList();
    return String.join(", ", shown)
        + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
  }
}
