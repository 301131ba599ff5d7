package dev.groundmesh.groundctl.mesh;

import java.util.SortedMap;

/** The way to a running mesh: the admin pages of its controllers and of its agents. */
public interface MeshAccess extends AutoCloseable {
  /**
   * The controllers by name. All of them hold the same configuration; each knows only the agents
   * that are connected to it.
   *
   * @throws MeshException if there is none
   */
  SortedMap<String, AdminPage> controllers();

  /** The agents by node. */
  SortedMap<String, AdminPage> agents();

  @Override
  void close();
}
