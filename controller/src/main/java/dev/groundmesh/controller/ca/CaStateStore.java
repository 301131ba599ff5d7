package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.state.StateException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where the state of a certificate authority is kept. All replicas of one mesh share it. */
public interface CaStateStore {

  /**
   * The state as it was at one time.
   *
   * @param version tells one content of the store from the next
   */
  record Stored(String text, String version) {}

  /** What is there; empty if nothing is. May block. */
  Optional<Stored> read() throws StateException;

  /**
   * Writes, unless somebody else has written since. May block.
   *
   * @param expected the version that is replaced; null: nothing is there yet
   * @return what is there now; empty if somebody else was quicker and nothing was written
   * @throws StateException if it cannot be told or nothing was written
   */
  Optional<Stored> write(String text, @Nullable String expected) throws StateException;

  /** For messages. */
  String place();
}
