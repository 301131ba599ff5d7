package dev.groundmesh.controller.state;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A state file that cannot be read, written or understood; the message names it. */
public final class StateException extends Exception {

  public StateException(Path file, String problem, @Nullable Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
