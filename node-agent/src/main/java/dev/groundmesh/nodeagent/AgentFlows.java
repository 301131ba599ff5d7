package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.config.SameNodeMode;
import dev.groundmesh.nodeagent.enrolment.NetnsPodCapturer;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.flow.LoopStates;
import dev.groundmesh.nodeagent.flow.TunnelParameters;
import dev.groundmesh.nodeagent.inbound.PlaintextAcceptor;
import dev.groundmesh.nodeagent.inbound.RevokedPeers;
import dev.groundmesh.nodeagent.inbound.TunnelServer;
import dev.groundmesh.nodeagent.outbound.NameResolver;
import dev.groundmesh.nodeagent.outbound.OutboundAcceptor;
import dev.groundmesh.nodeagent.outbound.PodTransport;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.pool.TunnelBudget;
import dev.groundmesh.tunnel.pool.TunnelPool;
import dev.groundmesh.tunnel.pool.TunnelPoolLimits;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.Revocations;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The flows of all pods, and the tunnels that they share by event loop. */
final class AgentFlows implements NetnsPodCapturer.Flows {
  private static final Logger log = LoggerFactory.getLogger(AgentFlows.class);

  private final FlowServices services;
  private final LoopStates loops;
  private final NameResolver resolver;
  private final RevokedPeers revokedPeers;
  private final Predicate<LocalPod> hasLeft;
  private final OutboundRouter router;
  private final Map<LoopState, TunnelPool> pools = new LinkedHashMap<>();

  /**
   * @param hasLeft whether a pod has left the mesh and lives on; any thread
   */
  AgentFlows(
      FlowServices services,
      LoopStates loops,
      NameResolver resolver,
      Revocations revocations,
      Predicate<LocalPod> hasLeft) {
    this.services = services;
    this.hasLeft = hasLeft;
    this.revokedPeers = new RevokedPeers(revocations, services.connections(), services.observer());
    this.loops = loops;
    this.resolver = resolver;
    AgentConfig config = services.config();
    this.router =
        new OutboundRouter(
            workload ->
                config.sameNode() == SameNodeMode.DIRECT
                    && services.pods().byUid(workload.uid()) != null);
    TunnelPoolLimits limits = TunnelParameters.pool(config.connections());
    TunnelBudget budget = new TunnelBudget(config.connections().maxTunnels());
    for (LoopState loop : loops.all()) {
      pools.put(
          loop,
          new TunnelPool(
              loop.loop(), TunnelParameters.client(config.connections()), limits, budget));
    }
  }

  /** What decides where the pods' connections go. */
  OutboundRouter router() {
    return router;
  }

  @Override
  public SocketAcceptor outbound(LocalPod pod) {
    return new OutboundAcceptor(
        services,
        router,
        resolver,
        loops,
        loop -> {
          TunnelPool pool = pools.get(loop);
          if (pool == null) {
            throw new IllegalArgumentException(
                "loop: " + loop.loop() + " (expected: one of the agent's)");
          }
          return pool;
        },
        pod);
  }

  @Override
  public SocketAcceptor plaintext(LocalPod pod) {
    return new PlaintextAcceptor(services, loops, pod, hasLeft);
  }

  @Override
  public TunnelServer tunnels(LocalPod pod) {
    return new TunnelServer(services, loops, pod, revokedPeers);
  }

  @Override
  public void gone(LocalPod pod) {
    StreamFailure cause =
        new StreamFailure(StreamFailure.Kind.SHUTDOWN, ReasonCode.POD_RELEASED.text());
    PodTransport transport = new PodTransport(pod, services.tls());
    pools.forEach((loop, pool) -> loop.loop().execute(() -> pool.closeAll(transport, cause)));
  }

  /**
   * The revocation list has changed: tunnels from and to who is on it are cut, and other servers
   * are verified anew before they are sent anything new. Any thread.
   */
  void revocationsChanged() {
    revokedPeers.cut();
    pools.forEach((loop, pool) -> loop.loop().execute(() -> cutRevokedServers(pool)));
  }

  private void cutRevokedServers(TunnelPool pool) {
    for (ClientTunnel tunnel : pool.revoke(revokedPeers::isRevoked)) {
      log.warn("tunnel cut server={} reason={}", tunnel.peer(), ReasonCode.CERT_REVOKED);
    }
  }

  /** Lets every tunnel that we opened end with its last stream. */
  void drain() {
    pools.forEach((loop, pool) -> loop.loop().execute(pool::drain));
  }
}
