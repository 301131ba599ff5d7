package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.InboundDecision;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.connection.RelayedConnection;
import dev.groundmesh.nodeagent.flow.ApplicationConnector;
import dev.groundmesh.nodeagent.flow.Denials;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.flow.WorkloadWaiters;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a pod of this node: the pod's Workload is waited for, the request is checked,
 * the policies are asked, the application is connected to, and only then is the client answered.
 * Lives on one event loop.
 */
abstract class InboundConnection extends RelayedConnection
    implements WorkloadWaiters.Waiter, ApplicationConnector.Listener {
  private final FlowServices services;
  private final LoopState loop;
  private final InetSocketAddress source;
  private final InetSocketAddress destination;
  private @Nullable ConnectionFacts facts;

  /**
   * @param source the client
   * @param destination the address that the client connected to
   */
  InboundConnection(
      FlowServices services,
      LoopState loop,
      LocalPod pod,
      InetSocketAddress source,
      InetSocketAddress destination) {
    super(pod, loop.connections());
    this.services = services;
    this.loop = loop;
    this.source = source;
    this.destination = destination;
  }

  final void start() {
    begin();
    loop.openings().next(() -> loop.waiters().await(pod().uid(), this));
  }

  /** Who the client proved to be; null without a tunnel. */
  abstract @Nullable SpiffeId peer();

  /** Where in the pod it goes, or why nowhere. */
  abstract InboundDecision route(MeshSnapshot mesh, Workload local);

  /** The address that was asked for. */
  abstract InetSocketAddress target(Deliver deliver);

  /** For telemetry. */
  abstract ConnectionAttributes describe(MeshSnapshot mesh, Workload local, Deliver deliver);

  /** Tells the client no. */
  abstract void answerRefusal(ReasonCode reason);

  /** Tells the client yes, and gives the stream to it. */
  abstract ByteStream answerAccept();

  final FlowServices services() {
    return services;
  }

  final LoopState loop() {
    return loop;
  }

  final InetSocketAddress source() {
    return source;
  }

  final InetSocketAddress destination() {
    return destination;
  }

  @Override
  public final void onWorkload(@Nullable MeshSnapshot mesh, @Nullable Workload local) {
    if (ended()) {
      return;
    }
    if (mesh == null || local == null) {
      refuse(ReasonCode.WORKLOAD_UNKNOWN, pod().uid());
      return;
    }
    switch (route(mesh, local)) {
      case InboundDecision.Refuse no -> refuse(no.reason(), no.detail());
      case Deliver deliver -> deliver(mesh, local, deliver);
    }
  }

  private void deliver(MeshSnapshot mesh, Workload local, Deliver deliver) {
    open(services.observer(), describe(mesh, local, deliver));
    ConnectionFacts decided =
        new ConnectionFacts(
            local,
            peer(),
            IpAddress.of(source.getAddress()),
            IpAddress.of(destination.getAddress()),
            deliver.port());
    AuthorizationDecision authorized = services.authorize(mesh, decided);
    if (authorized instanceof AuthorizationDecision.Denied denied) {
      onDenied(mesh, deliver, denied);
      return;
    }
    facts = decided;
    connect(deliver);
  }

  /** The policies say no. */
  void onDenied(MeshSnapshot mesh, Deliver deliver, AuthorizationDecision.Denied denied) {
    refuse(denied.reason(), Denials.describe(denied));
  }

  /** Connects to the application, and then answers the client. */
  final void connect(Deliver deliver) {
    ApplicationConnector.connect(
        services.config(),
        loop,
        pod(),
        new ApplicationConnector.Request(
            source, target(deliver), destination.getAddress(), deliver, peer()),
        this);
  }

  @Override
  public final void onApplicationConnected(SocketStream upstream) {
    if (ended()) {
      upstream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "abandoned"));
      return;
    }
    relay(answerAccept(), upstream);
  }

  @Override
  public final void onApplicationFailed(ReasonCode reason, String detail) {
    refuse(reason, detail);
  }

  final void refuse(ReasonCode reason, String detail) {
    if (ended()) {
      return;
    }
    if (!opened()) {
      services
          .observer()
          .refused(new RefusedConnection(Direction.INBOUND, source, destination, reason, detail));
    }
    answerRefusal(reason);
    end(new ConnectionEnd(reason, detail));
  }

  @Override
  protected final void abandon(ReasonCode reason) {
    refuse(reason, reason.text());
  }

  @Override
  public final @Nullable ConnectionFacts facts() {
    return facts;
  }
}
