package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.ConnectAuthority;
import dev.groundmesh.meshapi.routing.InboundDecision;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.routing.InboundRouter;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.flow.Descriptions;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.HeaderField;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.header.Baggage;
import dev.groundmesh.tunnel.header.Forwarded;
import dev.groundmesh.tunnel.header.HeaderNames;
import dev.groundmesh.tunnel.header.TraceParent;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import dev.groundmesh.tunnel.relay.ByteStream;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A CONNECT request of a peer's tunnel. */
final class TunnelledConnection extends InboundConnection {
  private final ServerTunnel tunnel;
  private final IncomingConnect connect;
  private final @Nullable ConnectAuthority authority;
  private @Nullable Workload local;

  TunnelledConnection(
      FlowServices services,
      LoopState loop,
      LocalPod pod,
      ServerTunnel tunnel,
      IncomingConnect connect) {
    super(services, loop, pod, tunnel.remoteAddress(), tunnel.localAddress());
    this.tunnel = tunnel;
    this.connect = connect;
    this.authority = ConnectAuthority.parseOrNull(connect.request().authority());
  }

  @Override
  public boolean isCarriedBy(ServerTunnel carrier) {
    return tunnel == carrier;
  }

  @Override
  SpiffeId peer() {
    return tunnel.peer();
  }

  @Override
  InboundDecision route(MeshSnapshot mesh, Workload local) {
    this.local = local;
    ConnectAuthority asked = authority;
    if (asked == null) {
      return new InboundDecision.Refuse(
          ReasonCode.AUTHORITY_MALFORMED,
          ":authority: " + connect.request().authority() + " (expected: host:port)");
    }
    return InboundRouter.decide(mesh, local, IpAddress.of(destination().getAddress()), asked);
  }

  @Override
  InetSocketAddress target(Deliver deliver) {
    return deliver.requested().toSocketAddress();
  }

  @Override
  ConnectionAttributes describe(MeshSnapshot mesh, Workload local, Deliver deliver) {
    ConnectRequest request = connect.request();
    String forwarded = request.header(HeaderNames.FORWARDED.toString());
    String host = forwarded == null ? null : Forwarded.parse(forwarded).host();
    Service service = deliver.service();
    if (service == null) {
      service = InboundServices.guess(mesh, local, deliver.port(), host);
    }
    TraceParent trace = TraceParent.parse(request.header(HeaderNames.TRACEPARENT.toString()));
    return new ConnectionAttributes(
        Direction.INBOUND,
        source(),
        destination(),
        request.authority(),
        describeSource(mesh, request),
        tunnel.peer(),
        loop().descriptions().attributes(local),
        local.identity(),
        loop().descriptions().attributes(service),
        true,
        trace == null ? TraceParent.random(loop().random()) : trace);
  }

  /** Across networks the address says nothing, so there the client is believed. */
  private WorkloadAttributes describeSource(MeshSnapshot mesh, ConnectRequest request) {
    String network = request.header(HeaderNames.X_FORWARDED_NETWORK.toString());
    String own = services().config().network();
    Workload known =
        network == null || network.equalsIgnoreCase(own)
            ? InboundServices.sourceOf(mesh, own, source())
            : null;
    return known != null
        ? loop().descriptions().attributes(known)
        : Descriptions.attributes(Baggage.parse(request.headers(HeaderNames.BAGGAGE.toString())));
  }

  @Override
  void answerRefusal(ReasonCode reason) {
    connect.refuse(reason.hboneStatus());
  }

  @Override
  ByteStream answerAccept() {
    Workload answering = local;
    return connect.accept(
        answering == null || !services().config().responseBaggage()
            ? List.of()
            : List.of(
                new HeaderField(
                    HeaderNames.BAGGAGE.toString(), loop().descriptions().baggage(answering))));
  }
}
