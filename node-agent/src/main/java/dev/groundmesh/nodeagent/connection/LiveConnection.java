package dev.groundmesh.nodeagent.connection;

import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import org.jspecify.annotations.Nullable;

/** A connection that can be asked about and ended; every method is called on its event loop. */
public abstract class LiveConnection {
  @Nullable LiveConnection previous;
  @Nullable LiveConnection next;
  @Nullable LoopConnections owner;

  /** Whether this capture of a pod, and no former or later one, has one of its ends. */
  public abstract boolean belongsTo(LocalPod pod);

  /**
   * What inbound policy decided on; null where the connection is under no policy of this node, or
   * not decided yet.
   */
  public abstract @Nullable ConnectionFacts facts();

  /** Whether it is a stream of this tunnel. */
  public boolean isCarriedBy(ServerTunnel tunnel) {
    return false;
  }

  /** Ends it at once, both ways, and reports the reason. Does nothing on one that has ended. */
  public abstract void cut(ReasonCode reason);
}
