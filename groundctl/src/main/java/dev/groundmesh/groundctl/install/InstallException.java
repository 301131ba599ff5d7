package dev.groundmesh.groundctl.install;

/** Why the mesh is not installed, renewed or removed; the message is for the user. */
public final class InstallException extends RuntimeException {
  private static final long serialVersionUID = 1;

  InstallException(String message) {
    super(message);
  }
}
