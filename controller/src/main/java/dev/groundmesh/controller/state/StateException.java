package dev.groundmesh.controller.state;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** State that cannot be read, written or understood; the message names the file or the object. */
public final class StateException extends Exception {

  public StateException(Path file, String problem, @Nullable Throwable cause) {
    this(file.toString(), problem, cause);
  }

  public StateException(String place, String problem, @Nullable Throwable cause) {
    super(place + ": " + problem, cause);
  }
}
