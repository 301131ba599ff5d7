package dev.groundmesh.groundctl.mesh;

import org.jspecify.annotations.Nullable;

/** The admin page of one controller or agent; its text says where it is. */
public interface AdminPage {
  /**
   * Asks it.
   *
   * @param path with its query, such as {@code /logging?level=debug}
   * @param bearer the token that the page wants; null where it wants none
   * @return the body of the answer
   * @throws MeshException if it does not answer, or with an error
   */
  String send(String method, String path, @Nullable String bearer);

  /** Asks it without a token. */
  default String send(String method, String path) {
    return send(method, path, null);
  }
}
