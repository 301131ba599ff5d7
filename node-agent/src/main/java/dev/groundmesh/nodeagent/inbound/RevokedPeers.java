package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.connection.Connections;
import dev.groundmesh.nodeagent.connection.LiveConnection;
import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.MeshObserver;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.Revocations;
import dev.groundmesh.tunnel.tls.TlsPeer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts the tunnels of peers that were revoked after their handshake, with every connection in them.
 * Knows each inbound tunnel that stands.
 */
public final class RevokedPeers {
  private static final Logger log = LoggerFactory.getLogger(RevokedPeers.class);

  private final Revocations revocations;
  private final Connections connections;
  private final MeshObserver observer;
  private final Set<ServerTunnel> standing = ConcurrentHashMap.newKeySet();

  public RevokedPeers(Revocations revocations, Connections connections, MeshObserver observer) {
    this.revocations = revocations;
    this.connections = connections;
    this.observer = observer;
  }

  /** Looks at every tunnel again, after a change of the list. Any thread; returns at once. */
  public void cut() {
    for (ServerTunnel tunnel : standing) {
      tunnel.eventLoop().execute(() -> check(tunnel));
    }
  }

  /**
   * A tunnel stands; on its event loop. It is looked at once more: the list may have changed since
   * its handshake, before {@link #cut} could know of it.
   */
  void stands(ServerTunnel tunnel) {
    standing.add(tunnel);
    if (!revocations.isEmpty()) {
      check(tunnel);
    }
  }

  /** A tunnel is over. */
  void ended(ServerTunnel tunnel) {
    standing.remove(tunnel);
  }

  private void check(ServerTunnel tunnel) {
    if (!standing.contains(tunnel) || !isRevoked(tunnel)) {
      return;
    }
    ReasonCode reason = ReasonCode.CERT_REVOKED;
    int cut = 0;
    for (LiveConnection connection : connections.of(tunnel.eventLoop()).present()) {
      if (connection.isCarriedBy(tunnel)) {
        connection.cut(reason);
        cut++;
      }
    }
    log.warn(
        "tunnel cut peer={} remote={} connections={} reason={}",
        tunnel.peer(),
        tunnel.remoteAddress(),
        cut,
        reason);
    if (cut == 0) {
      observer.refused(
          new RefusedConnection(
              Direction.INBOUND,
              tunnel.remoteAddress(),
              tunnel.localAddress(),
              reason,
              "certificate of " + tunnel.peer()));
    }
    tunnel.close(new StreamFailure(StreamFailure.Kind.CUT_BY_POLICY, reason.text()));
  }

  private boolean isRevoked(ServerTunnel tunnel) {
    return isRevoked(tunnel, tunnel.session());
  }

  /** Whether the server at the other end of a tunnel that stands is revoked. Any thread. */
  public boolean isRevoked(ClientTunnel tunnel) {
    SSLSession session = tunnel.session();
    return session != null && isRevoked(tunnel, session);
  }

  /** A peer that cannot be told is no longer trusted. */
  private boolean isRevoked(Object tunnel, SSLSession session) {
    try {
      return revocations.isRevoked(TlsPeer.of(session));
    } catch (SSLException e) {
      log.error("{}: {}", tunnel, e.getMessage(), e);
      return true;
    }
  }
}
