package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopStates;
import dev.groundmesh.nodeagent.flow.TunnelParameters;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.hbone.HboneServer;
import dev.groundmesh.tunnel.hbone.HboneServerListener;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.relay.RelayMemory;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsFailure;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The HBONE side of one pod: takes its peers' tunnels and each request in them. */
public final class TunnelServer implements SocketAcceptor, HboneServerListener {
  private final FlowServices services;
  private final LoopStates loops;
  private final LocalPod pod;
  private final RevokedPeers revokedPeers;
  private volatile @Nullable SpiffeId identity;
  private final HboneServer server;

  /**
   * @param loops what each event loop has for itself
   * @param revokedPeers is told of every tunnel
   */
  public TunnelServer(
      FlowServices services, LoopStates loops, LocalPod pod, RevokedPeers revokedPeers) {
    this.services = services;
    this.loops = loops;
    this.pod = pod;
    this.revokedPeers = revokedPeers;
    this.server =
        new HboneServer(
            new NewestTls(), TunnelParameters.server(services.config().connections()), this);
  }

  /** Tells peers to open no further stream here; those that are open go on. Any thread. */
  public void drain() {
    server.drain();
  }

  /** Tunnels that stand or are in their handshake. Any thread. */
  public int tunnels() {
    return server.tunnels();
  }

  /** Cuts every tunnel. Any thread. */
  public void close(ReasonCode reason) {
    server.close(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
  }

  @Override
  public void onAccept(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    loops
        .of(loop)
        .waiters()
        .await(
            pod.uid(),
            (_, workload) -> {
              if (workload == null) {
                refuse(loop, socket, remote, local, ReasonCode.WORKLOAD_UNKNOWN, pod.uid());
              } else {
                identity = workload.identity();
                serve(workload.identity(), loop, socket, remote, local);
              }
            });
  }

  private void serve(
      SpiffeId id,
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress remote,
      InetSocketAddress local) {
    if (services.tls().server(id) != null) {
      server.serve(loop, socket, remote, local);
      return;
    }
    var _ =
        services
            .tls()
            .ready(id)
            .whenCompleteAsync(
                (_, failure) -> {
                  if (failure == null) {
                    server.serve(loop, socket, remote, local);
                  } else {
                    refuse(
                        loop,
                        socket,
                        remote,
                        local,
                        ReasonCode.IDENTITY_UNAVAILABLE,
                        String.valueOf(failure.getMessage()));
                  }
                },
                loop);
  }

  private void refuse(
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress remote,
      InetSocketAddress local,
      ReasonCode reason,
      String detail) {
    services
        .observer()
        .refused(new RefusedConnection(Direction.INBOUND, remote, local, reason, detail));
    SocketStream.accepted(loop, socket, remote, local)
        .reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
  }

  @Override
  public void onShed(ReasonCode reason, InetSocketAddress remote, InetSocketAddress local) {
    services
        .observer()
        .refused(new RefusedConnection(Direction.INBOUND, remote, local, reason, pod.uid()));
  }

  @Override
  public void onTunnel(ServerTunnel tunnel) {
    revokedPeers.stands(tunnel);
  }

  @Override
  public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
    boolean scarce = RelayMemory.isScarce();
    if (scarce || !pod.tryOpen()) {
      ReasonCode reason = scarce ? ReasonCode.MEMORY_LIMIT : ReasonCode.CONNECTION_LIMIT;
      refused(tunnel, reason, null);
      connect.refuse(reason.hboneStatus());
      return;
    }
    TunnelledConnection connection =
        new TunnelledConnection(services, loops.current(), pod, tunnel, connect);
    connect.onAbandoned(
        () -> connection.refuse(ReasonCode.STREAM_RESET, ReasonCode.STREAM_RESET.text()));
    connection.start();
  }

  @Override
  public void onRefused(ServerTunnel tunnel, ReasonCode reason, String detail) {
    refused(tunnel, reason, detail);
  }

  private void refused(ServerTunnel tunnel, ReasonCode reason, @Nullable String detail) {
    services
        .observer()
        .refused(
            new RefusedConnection(
                Direction.INBOUND, tunnel.remoteAddress(), tunnel.localAddress(), reason, detail));
  }

  @Override
  public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {
    revokedPeers.ended(tunnel);
    if (failure != null
        && failure.kind() == StreamFailure.Kind.PROTOCOL_ERROR
        && failure.reason() != null) {
      refused(tunnel, failure.reason(), failure.detail());
    }
  }

  @Override
  public void onHandshakeFailed(
      InetSocketAddress remote, InetSocketAddress local, Throwable cause) {
    services
        .observer()
        .refused(
            new RefusedConnection(
                Direction.INBOUND, remote, local, TlsFailure.reasonOf(cause), cause.getMessage()));
  }

  /** The certificate of the moment, so that a renewal needs no new server. */
  private final class NewestTls implements TunnelTls {
    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
      return current().newEngine(allocator);
    }

    @Override
    public SpiffeId peerIdentity(SSLSession session) throws SSLException {
      return current().peerIdentity(session);
    }

    private TunnelTls current() {
      SpiffeId id = identity;
      TunnelTls tls = id == null ? null : services.tls().server(id);
      if (tls == null) {
        throw new IllegalStateException(pod.uid() + ": no certificate (expected: one)");
      }
      return tls;
    }
  }
}
