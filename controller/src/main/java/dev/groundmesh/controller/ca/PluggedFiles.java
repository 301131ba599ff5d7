package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.state.StateException;
import java.util.Map;
import java.util.Optional;

/** Where users plug in a CA that they made themselves. */
@FunctionalInterface
public interface PluggedFiles {

  /**
   * The files by name, as Istio's {@code cacerts} has them; empty if nothing is plugged in. May
   * block.
   *
   * @throws StateException if it cannot be told
   */
  Optional<Map<String, String>> read() throws StateException;

  /** A place that nobody plugs anything into. */
  static PluggedFiles none() {
    return Optional::empty;
  }
}
