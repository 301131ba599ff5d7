package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ObjectListener;
import dev.groundmesh.controller.status.StatusSink;
import java.util.List;

/**
 * Turns objects into resources. Confined to the source's thread; the work of a change is in
 * proportion to its reach.
 */
@SuppressWarnings("UnusedVariable")
public final class MeshCompiler implements ObjectListener {

  private final CompileSettings settings;
  private final AutoAddresses autoAddresses;
  private final ResourceSink resources;
  private final StatusSink statuses;

  /**
   * A compile that knows no objects yet.
   *
   * @param autoAddresses where services without an address get one
   * @param resources told of every change of the resources; its first call brings everything there
   *     is at the start
   */
  public MeshCompiler(
      CompileSettings settings,
      AutoAddresses autoAddresses,
      ResourceSink resources,
      StatusSink statuses) {
    this.settings = settings;
    this.autoAddresses = autoAddresses;
    this.resources = resources;
    this.statuses = statuses;
  }

  @Override
  public void changed(List<ObjectChange> changes) {}
}
