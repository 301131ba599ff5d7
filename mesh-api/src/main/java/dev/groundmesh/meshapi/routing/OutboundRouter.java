package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.MeshPorts;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.EndpointChooser.Purpose;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.ServiceEndpoints;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides where an outbound connection goes. Stateless but for its settings, for any thread.
 *
 * <p>The order of decisions is that of Istio's node proxy: the loop guard, the waypoint of the
 * service that was dialled, an endpoint of that service, the workload that was dialled and its
 * waypoint, and plain TCP for what the mesh does not know.
 */
public final class OutboundRouter {

  private final Predicate<Workload> servedHere;

  /**
   * Makes a router for one node.
   *
   * @param servedHere whether a workload is enrolled on this node and may be connected to without a
   *     tunnel; always false where every connection has to be tunnelled
   */
  public OutboundRouter(Predicate<Workload> servedHere) {
    this.servedHere = Objects.requireNonNull(servedHere, "servedHere");
  }

  /**
   * Decides about one connection.
   *
   * @param source the workload that connects
   * @param destination the address as the application dialled it
   * @param port 1 to 65535
   * @param random chooses among endpoints and waypoints
   */
  public OutboundDecision decide(
      MeshSnapshot mesh, Workload source, IpAddress destination, int port, RandomGenerator random) {
    return new Decision(mesh, source, destination, port, random).decide();
  }

  /** One decision in the making. */
  private final class Decision {
    private final MeshSnapshot mesh;
    private final Workload source;
    private final IpAddress destination;
    private final int port;
    private final RandomGenerator random;

    Decision(
        MeshSnapshot mesh,
        Workload source,
        IpAddress destination,
        int port,
        RandomGenerator random) {
      this.mesh = mesh;
      this.source = source;
      this.destination = destination;
      this.port = port;
      this.random = random;
    }

    OutboundDecision decide() {
      if (destination.isLoopback() && MeshPorts.isOwn(port)) {
        return refuse(ReasonCode.LOOP, "port " + port, null, null, OutboundRule.LOOP_GUARD);
      }
      Workload dialled = mesh.workloadAt(source.network(), destination);
      Service service = mesh.serviceAt(source.network(), destination, source.namespace());
      if (service != null && dialled == null) {
        GatewayAddress waypoint = waypointOf(service);
        if (waypoint != null) {
          return throughWaypoint(waypoint, service, OutboundRule.SERVICE_WAYPOINT);
        }
      }
      if (service != null) {
        return toService(service, dialled);
      }
      return dialled == null
          ? new OutboundDecision.Passthrough(
              dialledAddress(), null, null, OutboundRule.UNKNOWN_DESTINATION)
          : toWorkload(dialled);
    }

    /**
     * To an endpoint of the service that was dialled.
     *
     * @param dialled the workload that has the dialled address as well, if there is one: its
     *     waypoint counts then, not the service's
     */
    private OutboundDecision toService(Service service, @Nullable Workload dialled) {
      if (service.loadBalancing().mode() == LoadBalancing.Mode.PASSTHROUGH) {
        return new OutboundDecision.Passthrough(
            dialledAddress(), null, null, OutboundRule.SERVICE_PASSTHROUGH);
      }
      Endpoint endpoint =
          EndpointChooser.choose(mesh, source, service, port, Purpose.APPLICATION, random);
      if (endpoint == null) {
        return refuseForLackOfEndpoints(service);
      }
      if (!endpoint.workload().network().equals(source.network())) {
        return toOtherNetwork(endpoint.workload(), service, service, OutboundRule.SERVICE_ENDPOINT);
      }
      GatewayAddress waypoint = dialled == null ? null : endpoint.workload().waypoint();
      if (waypoint != null && !isSource(waypoint)) {
        return throughWaypoint(waypoint, null, OutboundRule.WORKLOAD_WAYPOINT);
      }
      return toEndpoint(endpoint, service, OutboundRule.SERVICE_ENDPOINT);
    }

    private OutboundDecision refuseForLackOfEndpoints(Service service) {
      if (service.ports().find(port) == null) {
        return refuse(
            ReasonCode.SERVICE_PORT_UNKNOWN,
            service.key() + " port " + port,
            null,
            service,
            OutboundRule.SERVICE_ENDPOINT);
      }
      ServiceEndpoints endpoints = mesh.endpoints(service.key());
      boolean onlyBeyondReach =
          endpoints.usableCount() > 0
              && endpoints.usable().stream()
                  .allMatch(
                      endpoint ->
                          !endpoint.network().equals(source.network())
                              && endpoint.networkGateway() == null);
      return refuse(
          onlyBeyondReach ? ReasonCode.GATEWAY_MISSING : ReasonCode.NO_HEALTHY_UPSTREAM,
          service.key()
              + " port "
              + port
              + " ("
              + endpoints.usableCount()
              + " healthy endpoints, none of which can take the connection)",
          null,
          service,
          OutboundRule.SERVICE_ENDPOINT);
    }

    private OutboundDecision toWorkload(Workload dialled) {
      GatewayAddress waypoint = dialled.waypoint();
      if (waypoint != null && !isSource(waypoint)) {
        return throughWaypoint(waypoint, null, OutboundRule.WORKLOAD_WAYPOINT);
      }
      return toEndpoint(new Endpoint(dialled, port), null, OutboundRule.WORKLOAD_ADDRESS);
    }

    /** To a workload of the own network, by what it speaks. */
    private OutboundDecision toEndpoint(
        Endpoint endpoint, @Nullable Service service, OutboundRule rule) {
      Workload workload = endpoint.workload();
      Target target = targetOf(endpoint, service, destination);
      if (target == null) {
        return refuse(
            ReasonCode.NO_HEALTHY_UPSTREAM,
            workload.uid() + " has no address",
            workload,
            service,
            rule);
      }
      return switch (workload.tunnelProtocol()) {
        case NONE, LEGACY_ISTIO_MTLS ->
            new OutboundDecision.Passthrough(target, workload, service, rule);
        case UNSUPPORTED ->
            refuse(ReasonCode.UNSUPPORTED_TUNNEL_PROTOCOL, workload.uid(), workload, service, rule);
        case HBONE ->
            target instanceof Target.Address address
                    && !workload.nativeTunnel()
                    && servedHere.test(workload)
                ? new OutboundDecision.Direct(address, workload, service, rule)
                : new OutboundDecision.Tunnel(
                    target.withPort(MeshPorts.HBONE),
                    endpoint.port(),
                    identitiesOf(workload, service),
                    workload,
                    service,
                    rule);
      };
    }

    /**
     * To a waypoint.
     *
     * @param service the service that was dialled; null if a workload was
     */
    private OutboundDecision throughWaypoint(
        GatewayAddress address, @Nullable Service service, OutboundRule rule) {
      Gateways.Found found = Gateways.find(mesh, address, source.namespace());
      Service waypointService = serviceOf(found);
      Endpoint waypoint = endpointOf(found, address, Purpose.WAYPOINT);
      if (waypoint == null) {
        return refuse(ReasonCode.WAYPOINT_MISSING, address.toString(), null, service, rule);
      }
      Workload workload = waypoint.workload();
      if (!workload.network().equals(source.network())) {
        return service == null
            ? refuse(
                ReasonCode.CROSS_NETWORK_NEEDS_SERVICE, address.toString(), workload, null, rule)
            : toOtherNetwork(workload, waypointService, service, rule);
      }
      Target target = targetOf(waypoint, waypointService, familyHint(address));
      if (target == null) {
        return refuse(
            ReasonCode.WAYPOINT_MISSING,
            workload.uid() + " has no address",
            workload,
            service,
            rule);
      }
      return new OutboundDecision.Waypoint(
          target,
          HostPort.format(destination, port),
          identitiesOf(workload, waypointService),
          workload,
          service,
          rule);
    }

    /**
     * To a workload of another network, by the gateway there.
     *
     * @param endpointService the service that {@code endpoint} was chosen from: the one that was
     *     dialled, or its waypoint's
     * @param service the service that was dialled
     */
    private OutboundDecision toOtherNetwork(
        Workload endpoint, @Nullable Service endpointService, Service service, OutboundRule rule) {
      GatewayAddress address = endpoint.networkGateway();
      if (address == null) {
        return refuse(
            ReasonCode.GATEWAY_MISSING, "network " + endpoint.network(), endpoint, service, rule);
      }
      Gateways.Found found = Gateways.find(mesh, address, source.namespace());
      Service gatewayService = serviceOf(found);
      Endpoint gateway = endpointOf(found, address, Purpose.APPLICATION);
      Target target =
          gateway == null ? null : targetOf(gateway, gatewayService, familyHint(address));
      if (gateway == null || target == null) {
        return refuse(ReasonCode.GATEWAY_MISSING, address.toString(), endpoint, service, rule);
      }
      return new OutboundDecision.Gateway(
          target,
          service.hostname() + ":" + port,
          identitiesOf(gateway.workload(), gatewayService),
          endpointService == null ? Set.of() : Set.copyOf(endpointService.subjectAltNames()),
          gateway.workload(),
          endpoint,
          service,
          rule);
    }

    private @Nullable GatewayAddress waypointOf(Service service) {
      long total = 0;
      for (WeightedWaypoint weighted : service.weightedWaypoints()) {
        total += weighted.weight();
      }
      if (total > 0) {
        long remaining = random.nextLong(total);
        for (WeightedWaypoint weighted : service.weightedWaypoints()) {
          remaining -= weighted.weight();
          if (remaining < 0) {
            return weighted.waypoint();
          }
        }
      }
      return service.waypoint();
    }

    private @Nullable Service serviceOf(Gateways.Found found) {
      return found instanceof Gateways.ServiceGateway(Service service) ? service : null;
    }

    private @Nullable Endpoint endpointOf(
        Gateways.Found found, GatewayAddress address, Purpose purpose) {
      return switch (found) {
        case Gateways.ServiceGateway(Service service) ->
            service.loadBalancing().mode() == LoadBalancing.Mode.PASSTHROUGH
                ? null
                : EndpointChooser.choose(
                    mesh, source, service, address.hbonePort(), purpose, random);
        case Gateways.WorkloadGateway(Workload workload) ->
            new Endpoint(workload, address.hbonePort());
        case Gateways.Missing missing -> null;
      };
    }

    /** Whether the caller is the waypoint itself, which must not send to itself again. */
    private boolean isSource(GatewayAddress waypoint) {
      return switch (Gateways.find(mesh, waypoint, null)) {
        case Gateways.ServiceGateway(Service service) -> source.portsFor(service.key()) != null;
        case Gateways.WorkloadGateway(Workload workload) -> workload.uid().equals(source.uid());
        case Gateways.Missing missing -> false;
      };
    }

    /** The address whose family the next hop's should share, or that it should be if it can. */
    private IpAddress familyHint(GatewayAddress gateway) {
      return gateway.destination() instanceof GatewayAddress.ByAddress(var address)
          ? address.address()
          : destination;
    }

    /**
     * Where to connect: the very address that was asked for if the workload has it, else one that
     * the service allows, of the same family if there is one, else the workload's host name.
     */
    private @Nullable Target targetOf(
        Endpoint endpoint, @Nullable Service service, IpAddress asked) {
      Workload workload = endpoint.workload();
      if (workload.hasAddress(asked)) {
        return new Target.Address(asked, endpoint.port());
      }
      IpFamilies families = service == null ? IpFamilies.AUTOMATIC : service.ipFamilies();
      IpAddress chosen = null;
      for (IpAddress address : workload.addresses()) {
        if (EndpointChooser.accepts(families, address)
            && (chosen == null
                || (address.isV4() == asked.isV4() && chosen.isV4() != asked.isV4()))) {
          chosen = address;
        }
      }
      if (chosen != null) {
        return new Target.Address(chosen, endpoint.port());
      }
      return workload.hostname().isEmpty()
          ? null
          : new Target.Hostname(workload.hostname(), endpoint.port(), asked.isV4());
    }

    private Target.Address dialledAddress() {
      return new Target.Address(destination, port);
    }
  }

  private static Set<SpiffeId> identitiesOf(Workload workload, @Nullable Service service) {
    if (service == null || service.subjectAltNames().isEmpty()) {
      return Set.of(workload.identity());
    }
    Set<SpiffeId> identities = new LinkedHashSet<>(service.subjectAltNames());
    identities.add(workload.identity());
    return Set.copyOf(identities);
  }

  private static OutboundDecision refuse(
      ReasonCode reason,
      String detail,
      @Nullable Workload destination,
      @Nullable Service service,
      OutboundRule rule) {
    return new OutboundDecision.Refuse(reason, detail, destination, service, rule);
  }
}
