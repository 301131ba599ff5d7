package dev.groundmesh.controller.leader;

/**
 * Whether this replica is the one that writes. Everyone serves; one writes statuses, root
 * certificates for namespaces, and the steps of a rotation.
 */
public interface Leadership {

  /** Any thread, never blocks. */
  boolean isLeader();

  /**
   * Adds a listener. If this replica leads already, the listener hears of it at once, on the
   * caller's thread.
   */
  void listen(Listener listener);

  /** Hears of gain and loss in turn, on one thread; must not block. */
  interface Listener {

    /** From now on {@link #isLeader} is true. */
    void gained();

    /** From now on {@link #isLeader} is false. */
    void lost();
  }
}
