package dev.groundmesh.controller.leader;

/** Leads always. */
public final class SoleReplica implements Leadership {
  @Override
  public boolean isLeader() {
    return true;
  }

  @Override
  public void listen(Listener listener) {
    listener.gained();
  }
}
