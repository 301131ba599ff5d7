package dev.groundmesh.controller.admission;

import java.util.List;

/**
 * What becomes of an object that is about to be stored.
 *
 * @param errors why it is refused; empty: it is not
 * @param warnings what its author is told all the same
 */
record Verdict(List<String> errors, List<String> warnings) {

  /** Nothing to say. */
  static final Verdict FINE = new Verdict(List.of(), List.of());

  Verdict {
    errors = List.copyOf(errors);
    warnings = List.copyOf(warnings);
  }

  boolean allowed() {
    return errors.isEmpty();
  }

  static Verdict warning(List<String> warnings) {
    return new Verdict(List.of(), warnings);
  }
}
