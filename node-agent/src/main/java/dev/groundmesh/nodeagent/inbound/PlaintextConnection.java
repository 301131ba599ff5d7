package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.InboundDecision;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.routing.InboundRouter;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A captured connection from outside without a tunnel: nobody has proved anything.
 *
 * <p>When a namespace leaves the mesh, the agents of two nodes hear of it at different times, and
 * one by one of its pods. So one that the policies deny waits for newer word where it contradicts
 * what is known, which is that its client would have come by a tunnel: if the destination has left
 * the mesh, its policies hold no more.
 */
final class PlaintextConnection extends InboundConnection {
  private static final long LOOK_MILLIS = 20;

  private final Predicate<LocalPod> hasLeft;
  private final SocketStream downstream;

  PlaintextConnection(
      FlowServices services,
      LoopState loop,
      LocalPod pod,
      Predicate<LocalPod> hasLeft,
      SocketStream downstream,
      InetSocketAddress source,
      InetSocketAddress destination) {
    super(services, loop, pod, source, destination);
    this.hasLeft = hasLeft;
    this.downstream = downstream;
  }

  @Override
  @Nullable SpiffeId peer() {
    return null;
  }

  @Override
  InboundDecision route(MeshSnapshot mesh, Workload local) {
    return InboundRouter.decidePlaintext(
        IpAddress.of(destination().getAddress()), destination().getPort());
  }

  @Override
  InetSocketAddress target(Deliver deliver) {
    return destination();
  }

  @Override
  ConnectionAttributes describe(MeshSnapshot mesh, Workload local, Deliver deliver) {
    return new ConnectionAttributes(
        Direction.INBOUND,
        source(),
        destination(),
        null,
        loop()
            .descriptions()
            .attributes(InboundServices.sourceOf(mesh, services().config().network(), source())),
        null,
        loop().descriptions().attributes(local),
        null,
        loop().descriptions().attributes(InboundServices.guess(mesh, local, deliver.port(), null)),
        false,
        null);
  }

  @Override
  void onDenied(MeshSnapshot mesh, Deliver deliver, AuthorizationDecision.Denied denied) {
    long patience =
        isSettled(mesh) ? 0 : services().config().connections().workloadTimeout().toNanos();
    look(deliver, denied, System.nanoTime() + patience);
  }

  /** Whether the destination is known to be in the mesh, and nothing else of the client. */
  private boolean isSettled(MeshSnapshot mesh) {
    Workload client = InboundServices.sourceOf(mesh, services().config().network(), source());
    return isTunnelled(mesh.workload(pod().uid())) && !isTunnelled(client);
  }

  private static boolean isTunnelled(@Nullable Workload workload) {
    return workload != null && workload.tunnelProtocol() == TunnelProtocol.HBONE;
  }

  private void look(Deliver deliver, AuthorizationDecision.Denied denied, long deadlineNanos) {
    if (ended()) {
      return;
    }
    if (hasLeft.test(pod())) {
      connect(deliver);
    } else if (System.nanoTime() - deadlineNanos >= 0) {
      super.onDenied(services().mesh().get(), deliver, denied);
    } else {
      var _ =
          loop()
              .loop()
              .schedule(
                  () -> look(deliver, denied, deadlineNanos), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  void answerRefusal(ReasonCode reason) {
    downstream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
  }

  @Override
  ByteStream answerAccept() {
    return downstream;
  }
}
