package dev.groundmesh.nodeagent.outbound;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.flow.LoopStates;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.pool.TunnelPool;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.util.function.Function;

/** Takes the captured outbound connections of one pod. */
public final class OutboundAcceptor implements SocketAcceptor {
  private final FlowServices services;
  private final OutboundRouter router;
  private final NameResolver resolver;
  private final LoopStates loops;
  private final Function<LoopState, TunnelPool> pools;
  private final LocalPod pod;
  private final PodTransport transport;

  /**
   * @param loops what each event loop has for itself
   * @param pools the tunnels of each event loop
   */
  public OutboundAcceptor(
      FlowServices services,
      OutboundRouter router,
      NameResolver resolver,
      LoopStates loops,
      Function<LoopState, TunnelPool> pools,
      LocalPod pod) {
    this.services = services;
    this.router = router;
    this.resolver = resolver;
    this.loops = loops;
    this.pools = pools;
    this.pod = pod;
    this.transport = new PodTransport(pod, services.tls());
  }

  @Override
  public void onAccept(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    SocketStream downstream = SocketStream.accepted(loop, socket, remote, local);
    if (!pod.tryOpen()) {
      services
          .observer()
          .refused(
              new RefusedConnection(
                  Direction.OUTBOUND, remote, local, ReasonCode.CONNECTION_LIMIT, null));
      downstream.reset(
          new StreamFailure(StreamFailure.Kind.SHUTDOWN, ReasonCode.CONNECTION_LIMIT.text()));
      return;
    }
    LoopState state = loops.of(loop);
    new OutboundConnection(
            services,
            router,
            resolver,
            state,
            pools.apply(state),
            transport,
            pod,
            downstream,
            remote,
            local)
        .start();
  }

  @Override
  public void onShed(ReasonCode reason, InetSocketAddress remote, InetSocketAddress local) {
    services
        .observer()
        .refused(new RefusedConnection(Direction.OUTBOUND, remote, local, reason, pod.uid()));
  }
}
