package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopStates;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.util.function.Predicate;

/** Takes the captured connections to one pod that come without a tunnel. */
public final class PlaintextAcceptor implements SocketAcceptor {
  private final FlowServices services;
  private final LoopStates loops;
  private final LocalPod pod;
  private final Predicate<LocalPod> hasLeft;

  /**
   * @param loops what each event loop has for itself
   * @param hasLeft whether a pod has left the mesh and lives on; any thread
   */
  public PlaintextAcceptor(
      FlowServices services, LoopStates loops, LocalPod pod, Predicate<LocalPod> hasLeft) {
    this.services = services;
    this.loops = loops;
    this.pod = pod;
    this.hasLeft = hasLeft;
  }

  @Override
  public void onAccept(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    SocketStream downstream = SocketStream.accepted(loop, socket, remote, local);
    if (!pod.tryOpen()) {
      ReasonCode reason = ReasonCode.CONNECTION_LIMIT;
      services
          .observer()
          .refused(new RefusedConnection(Direction.INBOUND, remote, local, reason, null));
      downstream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
      return;
    }
    new PlaintextConnection(services, loops.of(loop), pod, hasLeft, downstream, remote, local)
        .start();
  }

  @Override
  public void onShed(ReasonCode reason, InetSocketAddress remote, InetSocketAddress local) {
    services
        .observer()
        .refused(new RefusedConnection(Direction.INBOUND, remote, local, reason, pod.uid()));
  }
}
