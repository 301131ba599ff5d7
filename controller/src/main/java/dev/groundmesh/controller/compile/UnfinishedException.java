package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.ObjectKey;
import java.util.LinkedHashMap;
import java.util.Map;

/** Something could not be compiled, and will be tried again. Says each cause once. */
final class UnfinishedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private UnfinishedException(String message) {
    super(message);
  }

  /** The failures of one compile. */
  static final class Collected {
    private final Map<String, ObjectKey> firstByCause = new LinkedHashMap<>();
    private final Map<String, RuntimeException> causes = new LinkedHashMap<>();

    void add(ObjectKey key, RuntimeException failure) {
      String cause = failure.toString();
      firstByCause.putIfAbsent(cause, key);
      causes.putIfAbsent(cause, failure);
    }

    /**
     * Throws what was collected, if anything.
     *
     * @throws UnfinishedException with the failures as suppressed ones
     */
    void throwAny() {
      if (causes.isEmpty()) {
        return;
      }
      StringBuilder message = new StringBuilder();
      firstByCause.forEach(
          (cause, key) ->
              message.append(message.isEmpty() ? "" : "; ").append(key).append(": ").append(cause));
      UnfinishedException all = new UnfinishedException(message.toString());
      causes.values().forEach(all::addSuppressed);
      throw all;
    }
  }
}
