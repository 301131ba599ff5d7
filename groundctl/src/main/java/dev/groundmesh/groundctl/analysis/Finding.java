package dev.groundmesh.groundctl.analysis;

import java.util.Comparator;
import java.util.Optional;

/**
 * One thing that is wrong, or likely not meant.
 *
 * @param object which object it is about
 * @param field path inside the object; empty: the object as a whole
 * @param value what is there
 * @param expected what would be right
 * @param place where it stands in the manifests; empty for objects of a cluster
 */
public record Finding(
    FindingCode code,
    ObjectRef object,
    String field,
    String value,
    String expected,
    Optional<Place> place) {
  /** By level, then by place and object. */
  static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::level)
          .thenComparing(finding -> finding.place().map(Place::file).orElse(""))
          .thenComparing(finding -> finding.place().map(Place::line).orElse(0))
          .thenComparing(finding -> finding.object().toString())
          .thenComparing(Finding::code)
          .thenComparing(Finding::field)
          .thenComparing(Finding::value);

  public Level level() {
    return code.level();
  }

  /** {@code field: value (expected: ...)}. */
  public String message() {
    StringBuilder text = new StringBuilder();
    if (!field.isEmpty()) {
      text.append(field).append(": ");
    }
    text.append(value.isEmpty() ? "(unset)" : value);
    return text.append(" (expected: ").append(expected).append(')').toString();
  }
}
