package dev.groundmesh.nodeagent.outbound;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.ConnectAuthority;
import dev.groundmesh.meshapi.routing.InboundDecision;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.routing.InboundRouter;
import dev.groundmesh.meshapi.routing.OutboundDecision;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.meshapi.routing.Target;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.connection.RelayedConnection;
import dev.groundmesh.nodeagent.flow.ApplicationConnector;
import dev.groundmesh.nodeagent.flow.Denials;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.flow.MeshDemand;
import dev.groundmesh.nodeagent.flow.WorkloadWaiters;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.ConnectResponse;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.HeaderField;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.header.Forwarded;
import dev.groundmesh.tunnel.header.HeaderNames;
import dev.groundmesh.tunnel.header.TraceParent;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.pool.TunnelKey;
import dev.groundmesh.tunnel.pool.TunnelPool;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.ConnectListener;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One captured outbound connection, from its accept to its end. Nothing of the application is read
 * before the way to the destination stands, so protocols where the server speaks first need no
 * special care. Lives on one event loop.
 */
final class OutboundConnection extends RelayedConnection
    implements WorkloadWaiters.Waiter,
        ConnectListener,
        OpenListener,
        ApplicationConnector.Listener {
  /** The address that was dialled, then the gateway it names, then that gateway's own. */
  private static final int MAX_DEMANDS = 3;

  private final FlowServices services;
  private final OutboundRouter router;
  private final NameResolver resolver;
  private final LoopState loop;
  private final TunnelPool pool;
  private final PodTransport transport;
  private final SocketStream downstream;
  private final InetSocketAddress source;
  private final InetSocketAddress dialled;
  private @Nullable Workload workload;
  private @Nullable InetSocketAddress nextHop;
  private @Nullable PendingConnect pending;
  private @Nullable ConnectionFacts facts;
  private @Nullable LocalPod destinationPod;
  private final TraceParent trace;

  OutboundConnection(
      FlowServices services,
      OutboundRouter router,
      NameResolver resolver,
      LoopState loop,
      TunnelPool pool,
      PodTransport transport,
      LocalPod pod,
      SocketStream downstream,
      InetSocketAddress source,
      InetSocketAddress dialled) {
    super(pod, loop.connections());
    this.services = services;
    this.router = router;
    this.resolver = resolver;
    this.loop = loop;
    this.pool = pool;
    this.transport = transport;
    this.downstream = downstream;
    this.source = source;
    this.dialled = dialled;
    this.trace = TraceParent.random(loop.random());
  }

  void start() {
    begin();
    downstream.listen(new Waiting(this));
    loop.waiters().await(pod().uid(), this);
  }

  @Override
  public void onWorkload(@Nullable MeshSnapshot mesh, @Nullable Workload workload) {
    if (ended()) {
      return;
    }
    if (mesh == null || workload == null) {
      refuse(ReasonCode.WORKLOAD_UNKNOWN, pod().uid());
      return;
    }
    this.workload = workload;
    decide(mesh, workload, MAX_DEMANDS);
  }

  private void decide(MeshSnapshot mesh, Workload workload, int demandsLeft) {
    Function<String, CompletableFuture<Void>> demand = services.demand();
    List<String> missing =
        demand == null || demandsLeft == 0
            ? List.of()
            : MeshDemand.missing(
                mesh, services.config().network(), workload, IpAddress.of(dialled.getAddress()));
    if (demand == null || missing.isEmpty()) {
      decide(mesh, workload);
      return;
    }
    var _ =
        CompletableFuture.allOf(missing.stream().map(demand).toArray(CompletableFuture[]::new))
            .orTimeout(
                services.config().connections().workloadTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .whenCompleteAsync(
                (_, failure) -> {
                  if (!ended()) {
                    decide(services.mesh().get(), workload, failure == null ? demandsLeft - 1 : 0);
                  }
                },
                loop.loop());
  }

  private void decide(MeshSnapshot mesh, Workload workload) {
    OutboundDecision decision =
        router.decide(
            mesh, workload, IpAddress.of(dialled.getAddress()), dialled.getPort(), loop.random());
    switch (decision) {
      case OutboundDecision.Refuse no -> refuse(no.reason(), no.detail());
      case OutboundDecision.Passthrough plain ->
          resolved(plain.target(), address -> passthrough(plain, address));
      case OutboundDecision.Direct direct -> direct(direct, mesh, workload);
      case OutboundDecision.Tunnel tunnel ->
          resolved(
              tunnel.target(),
              address ->
                  tunnel(
                      decision,
                      address,
                      tunnel.authority(address.getAddress()),
                      tunnel.expectedIdentities(),
                      tunnel.destination(),
                      this));
      case OutboundDecision.Waypoint waypoint ->
          resolved(
              waypoint.target(),
              address ->
                  tunnel(
                      decision,
                      address,
                      waypoint.authority(),
                      waypoint.expectedIdentities(),
                      waypoint.destination(),
                      this));
      case OutboundDecision.Gateway gateway ->
          resolved(gateway.target(), address -> gateway(gateway, address));
    }
  }

  private void passthrough(OutboundDecision.Passthrough plain, InetSocketAddress address) {
    open(services.observer(), attributes(plain, address, null, plain.destination(), null));
    connect(address);
  }

  private void connect(InetSocketAddress address) {
    nextHop = address;
    Socket socket;
    try {
      socket = pod().sockets().outbound(address);
    } catch (IOException e) {
      onFailed(e);
      return;
    }
    SocketStream.connect(
        loop.loop(), socket, address, services.config().connections().connectTimeout(), this);
  }

  /**
   * Both ends are on this node: the kernel has told whose connection this is, so it is decided and
   * reported as the destination's inbound side would, without a tunnel between.
   */
  private void direct(OutboundDecision.Direct direct, MeshSnapshot mesh, Workload from) {
    InetSocketAddress target = direct.target().toSocketAddress();
    nextHop = target;
    open(services.observer(), directAttributes(Direction.OUTBOUND, direct, from, target));
    openSecond(services.observer(), directAttributes(Direction.INBOUND, direct, from, target));
    LocalPod destination = services.pods().byUid(direct.destination().uid());
    if (destination == null) {
      fail(ReasonCode.POD_RELEASED, direct.destination().uid());
      return;
    }
    InboundDecision inbound =
        InboundRouter.decide(
            mesh,
            direct.destination(),
            direct.target().ip(),
            new ConnectAuthority.Ip(direct.target().ip(), direct.target().port()));
    switch (inbound) {
      case InboundDecision.Refuse no -> fail(no.reason(), no.detail());
      case Deliver deliver -> {
        ConnectionFacts decided =
            new ConnectionFacts(
                direct.destination(),
                from.identity(),
                IpAddress.of(source.getAddress()),
                direct.target().ip(),
                deliver.port());
        AuthorizationDecision authorized = services.authorize(mesh, decided);
        if (authorized instanceof AuthorizationDecision.Denied denied) {
          fail(denied.reason(), Denials.describe(denied));
        } else if (!destination.tryOpen()) {
          fail(ReasonCode.CONNECTION_LIMIT, destination.uid());
        } else {
          destinationPod = destination;
          facts = decided;
          ApplicationConnector.connect(
              services.config(),
              loop,
              destination,
              new ApplicationConnector.Request(
                  source, target, target.getAddress(), deliver, from.identity()),
              this);
        }
      }
    }
  }

  private void tunnel(
      OutboundDecision decision,
      InetSocketAddress address,
      String authority,
      Set<SpiffeId> expected,
      Workload destination,
      OpenListener listener) {
    nextHop = address;
    open(
        services.observer(),
        attributes(decision, address, authority, destination, destination.identity()));
    Workload from = self();
    whenCertified(
        from.identity(),
        () ->
            pending =
                pool.open(
                    new TunnelKey(transport, from.identity(), expected, address),
                    new ConnectRequest(authority, headers(from, decision.service(), false)),
                    listener));
  }

  private void gateway(OutboundDecision.Gateway gateway, InetSocketAddress address) {
    tunnel(
        gateway,
        address,
        gateway.authority(),
        gateway.gatewayIdentities(),
        gateway.gateway(),
        new OpenListener() {
          @Override
          public void onOpened(HboneStream outer, ConnectResponse response) {
            inner(gateway, outer);
          }

          @Override
          public void onFailed(OpenFailure failure) {
            OutboundConnection.this.onFailed(failure);
          }
        });
  }

  private void inner(OutboundDecision.Gateway gateway, HboneStream outer) {
    if (ended()) {
      outer.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "abandoned"));
      return;
    }
    Workload from = self();
    TunnelTls tls = services.tls().client(from.identity(), gateway.expectedIdentities());
    if (tls == null) {
      outer.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "no certificate"));
      fail(ReasonCode.IDENTITY_UNAVAILABLE, from.identity().toString());
      return;
    }
    pending =
        pool.openInner(
            outer,
            tls,
            new ConnectRequest(gateway.authority(), headers(from, gateway.service(), true)),
            this);
  }

  /** Waits for the certificate of the identity, if there is none yet. */
  private void whenCertified(SpiffeId identity, Runnable action) {
    if (services.tls().client(identity, Set.of(identity)) != null) {
      action.run();
      return;
    }
    var _ =
        services
            .tls()
            .ready(identity)
            .whenCompleteAsync(
                (_, failure) -> {
                  if (ended()) {
                    return;
                  }
                  if (failure == null) {
                    action.run();
                  } else {
                    fail(ReasonCode.IDENTITY_UNAVAILABLE, String.valueOf(failure.getMessage()));
                  }
                },
                loop.loop());
  }

  private void resolved(Target target, Consumer<InetSocketAddress> action) {
    switch (target) {
      case Target.Address address -> action.accept(address.toSocketAddress());
      case Target.Hostname name -> {
        var _ =
            resolver
                .resolve(name.hostname(), name.preferV4(), loop.random())
                .whenCompleteAsync(
                    (address, failure) -> {
                      if (ended()) {
                        return;
                      }
                      if (failure == null) {
                        action.accept(new InetSocketAddress(address, name.port()));
                      } else {
                        refuse(ReasonCode.DNS_FAILED, name.hostname());
                      }
                    },
                    loop.loop());
      }
    }
  }

  private List<HeaderField> headers(Workload from, @Nullable Service service, boolean inner) {
    List<HeaderField> headers = new ArrayList<>(4);
    headers.add(new HeaderField(HeaderNames.BAGGAGE.toString(), loop.descriptions().baggage(from)));
    headers.add(
        new HeaderField(
            HeaderNames.FORWARDED.toString(),
            new Forwarded(source, service == null ? null : service.hostname()).format()));
    headers.add(new HeaderField(HeaderNames.TRACEPARENT.toString(), trace.format()));
    if (inner) {
      headers.add(
          new HeaderField(HeaderNames.X_FORWARDED_NETWORK.toString(), services.config().network()));
    }
    return headers;
  }

  private ConnectionAttributes attributes(
      OutboundDecision decision,
      InetSocketAddress address,
      @Nullable String authority,
      @Nullable Workload destination,
      @Nullable SpiffeId expected) {
    Workload from = self();
    return new ConnectionAttributes(
        Direction.OUTBOUND,
        source,
        address,
        authority,
        loop.descriptions().attributes(from),
        authority == null ? null : from.identity(),
        loop.descriptions().attributes(destination),
        expected,
        loop.descriptions().attributes(decision.service()),
        authority != null,
        trace);
  }

  private ConnectionAttributes directAttributes(
      Direction direction,
      OutboundDecision.Direct direct,
      Workload from,
      InetSocketAddress target) {
    return new ConnectionAttributes(
        direction,
        source,
        target,
        null,
        loop.descriptions().attributes(from),
        from.identity(),
        loop.descriptions().attributes(direct.destination()),
        direct.destination().identity(),
        loop.descriptions().attributes(direct.service()),
        true,
        trace);
  }

  private Workload self() {
    Workload known = workload;
    if (known == null) {
      throw new IllegalStateException("decided before the workload was known");
    }
    return known;
  }

  @Override
  public void onConnected(SocketStream upstream) {
    if (ended()) {
      upstream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "abandoned"));
      return;
    }
    relay(downstream, upstream);
  }

  @Override
  public void onFailed(IOException cause) {
    ReasonCode reason;
    if (cause instanceof SocketTimeoutException) {
      reason = ReasonCode.CONNECT_TIMEOUT;
    } else if (PodSockets.isOutOfDescriptors(cause)) {
      reason = ReasonCode.FD_LIMIT;
    } else {
      reason = ReasonCode.CONNECT_FAILED;
    }
    fail(reason, nextHop + ": " + cause.getMessage());
  }

  @Override
  public void onApplicationConnected(SocketStream application) {
    onConnected(application);
  }

  @Override
  public void onApplicationFailed(ReasonCode reason, String detail) {
    fail(reason, detail);
  }

  @Override
  public void onOpened(HboneStream stream, ConnectResponse response) {
    pending = null;
    if (ended()) {
      stream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "abandoned"));
      return;
    }
    relay(downstream, stream);
  }

  @Override
  public void onFailed(OpenFailure failure) {
    pending = null;
    fail(OpenFailures.reasonOf(failure), failure.detail());
  }

  /** Refuses what is not known to go anywhere. */
  private void refuse(ReasonCode reason, String detail) {
    if (ended()) {
      return;
    }
    if (opened()) {
      fail(reason, detail);
      return;
    }
    services
        .observer()
        .refused(new RefusedConnection(Direction.OUTBOUND, source, dialled, reason, detail));
    finish(reason, detail);
  }

  private void fail(ReasonCode reason, String detail) {
    if (!ended()) {
      finish(reason, detail);
    }
  }

  private void finish(ReasonCode reason, String detail) {
    end(new ConnectionEnd(reason, detail));
    downstream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, reason.text()));
  }

  /**
   * Hears of the application before its connection is relayed: one that has reset it wants nothing
   * any more.
   */
  private record Waiting(OutboundConnection connection) implements ByteStreamListener {
    @Override
    public void onData(ByteBuf data) {
      data.release();
      throw new IllegalStateException("nothing is read before the way stands");
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd() {}

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      connection.onApplicationGone(failure == null ? "closed" : failure.detail());
    }
  }

  private void onApplicationGone(String detail) {
    if (ended()) {
      return;
    }
    PendingConnect waiting = pending;
    pending = null;
    end(new ConnectionEnd(null, detail));
    if (waiting != null) {
      waiting.cancel();
    }
  }

  @Override
  protected void abandon(ReasonCode reason) {
    PendingConnect waiting = pending;
    pending = null;
    refuse(reason, reason.text());
    if (waiting != null) {
      waiting.cancel();
    }
  }

  @Override
  protected void onEnd() {
    LocalPod destination = destinationPod;
    if (destination != null) {
      destination.closed();
    }
  }

  @Override
  public @Nullable ConnectionFacts facts() {
    return facts;
  }

  @Override
  public boolean belongsTo(LocalPod pod) {
    return super.belongsTo(pod) || pod.equals(destinationPod);
  }
}
