package dev.groundmesh.groundctl.mesh;

/** The admin page of one controller or agent; its text says where it is. */
public interface AdminPage {
  /**
   * Asks it.
   *
   * @param path with its query, such as {@code /logging?level=debug}
   * @return the body of the answer
   * @throws MeshException if it does not answer, or with an error
   */
  String send(String method, String path);
}
