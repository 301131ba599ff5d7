package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.ObjectKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Something could not be compiled, and will be tried again. Says each cause once. */
final class UnfinishedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private UnfinishedException(String message) {
    super(message);
  }

  /** The failures of one compile. */
  static final class Collected {
    private final Map<String, First> byCause = new LinkedHashMap<>();

    private record First(ObjectKey key, RuntimeException failure) {}

    void add(ObjectKey key, RuntimeException failure) {
      byCause.putIfAbsent(failure.toString(), new First(key, failure));
    }

    /**
     * Throws what was collected, if anything.
     *
     * @throws UnfinishedException with the failures as suppressed ones
     */
    void throwAny() {
      if (byCause.isEmpty()) {
        return;
      }
      UnfinishedException all =
          new UnfinishedException(
              byCause.entrySet().stream()
                  .map(first -> first.getValue().key() + ": " + first.getKey())
                  .collect(Collectors.joining("; ")));
      byCause.values().forEach(first -> all.addSuppressed(first.failure()));
      throw all;
    }
  }
}
