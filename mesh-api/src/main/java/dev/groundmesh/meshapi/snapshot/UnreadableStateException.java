package dev.groundmesh.meshapi.snapshot;

/** Saved state is truncated, damaged or of another version; the message says which. */
public final class UnreadableStateException extends Exception {

  private static final long serialVersionUID = 1L;

  UnreadableStateException(String message) {
    super(message);
  }
}
