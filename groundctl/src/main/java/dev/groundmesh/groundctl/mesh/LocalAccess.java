package dev.groundmesh.groundctl.mesh;

import java.util.SortedMap;
import java.util.TreeMap;

/** A mesh on this machine, where a context file says which pages it has. */
public final class LocalAccess implements MeshAccess {
  private static final String CONTROLLER = "controller";

  private final MeshContext context;

  public LocalAccess(MeshContext context) {
    this.context = context;
  }

  @Override
  public SortedMap<String, AdminPage> controllers() {
    SortedMap<String, AdminPage> pages = new TreeMap<>();
    pages.put(CONTROLLER, new CurlPage(context.controller()));
    return pages;
  }

  @Override
  public SortedMap<String, AdminPage> agents() {
    SortedMap<String, AdminPage> pages = new TreeMap<>();
    context.agents().forEach((node, endpoint) -> pages.put(node, new CurlPage(endpoint)));
    return pages;
  }

  @Override
  public void close() {
    // Nothing is held between two questions.
  }
}
