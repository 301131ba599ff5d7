package dev.groundmesh.groundctl.mesh;

import org.jspecify.annotations.Nullable;

/** The mesh cannot be asked, or its answer cannot be read; the message says where and why. */
public final class MeshException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MeshException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
