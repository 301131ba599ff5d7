package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
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
import org.jspecify.annotations.Nullable;

/** A captured connection from outside without a tunnel: nobody has proved anything. */
final class PlaintextConnection extends InboundConnection {
  private final SocketStream downstream;

  PlaintextConnection(
      FlowServices services,
      LoopState loop,
      LocalPod pod,
      SocketStream downstream,
      InetSocketAddress source,
      InetSocketAddress destination) {
    super(services, loop, pod, source, destination);
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
  void answerRefusal(ReasonCode reason) {
    downstream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
  }

  @Override
  ByteStream answerAccept() {
    return downstream;
  }
}
