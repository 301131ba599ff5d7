package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.LoadBalancing.Mode;
import dev.groundmesh.meshapi.model.LoadBalancing.Scope;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.ServiceEndpoints;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses an endpoint of a service for one connection: by the service's routing preference, then by
 * chance in proportion to capacity. For one use on one thread.
 */
final class EndpointChooser {

  /** What the endpoint is chosen for. */
  enum Purpose {
    /** The port must be one of the service's. */
    APPLICATION,
    /** An application tunnel of the endpoint may stand in for a port of the service. */
    WAYPOINT
  }

  private static final int NOT_ELIGIBLE = -1;

  private final ServiceEndpoints endpoints;
  private final Workload client;
  private final Service service;
  private final int servicePort;
  private final @Nullable Port declaredPort;
  private final Purpose purpose;

  private EndpointChooser(
      MeshSnapshot mesh, Workload client, Service service, int servicePort, Purpose purpose) {
    this.endpoints = mesh.endpoints(service.key());
    this.client = client;
    this.service = service;
    this.servicePort = servicePort;
    this.declaredPort = service.ports().find(servicePort);
    this.purpose = purpose;
  }

  /** An endpoint for a connection of {@code client}, or null if none can take it. */
  static @Nullable Endpoint choose(
      MeshSnapshot mesh,
      Workload client,
      Service service,
      int servicePort,
      Purpose purpose,
      RandomGenerator random) {
    return new EndpointChooser(mesh, client, service, servicePort, purpose).choose(random);
  }

  private @Nullable Endpoint choose(RandomGenerator random) {
    if (endpoints.usableCount() == 0 || (purpose == Purpose.APPLICATION && declaredPort == null)) {
      return null;
    }
    LoadBalancing balancing = service.loadBalancing();
    boolean ranked = balancing.mode() == Mode.STRICT || balancing.mode() == Mode.FAILOVER;
    if (!ranked && endpoints.hasEqualCapacities() && endpoints.totalCapacity() > 0) {
      // Nearly always every endpoint is eligible, so that one throw decides; a throw that meets
      // another
      // is thrown again among the eligible, which leaves each of them its fair share.
      Workload thrown = endpoints.usableAt(random.nextInt(endpoints.usableCount()));
      int port = targetPort(thrown);
      if (port > 0) {
        return new Endpoint(thrown, port);
      }
    }
    return chooseByScan(random);
  }

  private @Nullable Endpoint chooseByScan(RandomGenerator random) {
    int bestRank = NOT_ELIGIBLE;
    long bestCapacity = 0;
    for (int i = 0; i < endpoints.usableCount(); i++) {
      Workload candidate = endpoints.usableAt(i);
      int rank = rank(candidate);
      if (rank > bestRank) {
        bestRank = rank;
        bestCapacity = 0;
      }
      if (rank == bestRank) {
        bestCapacity += candidate.capacity();
      }
    }
    if (bestRank == NOT_ELIGIBLE || bestCapacity == 0) {
      return null;
    }
    long remaining = random.nextLong(bestCapacity);
    for (int i = 0; i < endpoints.usableCount(); i++) {
      Workload candidate = endpoints.usableAt(i);
      if (rank(candidate) == bestRank) {
        remaining -= candidate.capacity();
        if (remaining < 0) {
          return new Endpoint(candidate, targetPort(candidate));
        }
      }
    }
    throw new IllegalStateException(
        "the capacities of the best endpoints add up to more than before");
  }

  /** How well a candidate suits the client, the higher the better; NOT_ELIGIBLE if not at all. */
  private int rank(Workload candidate) {
    if (targetPort(candidate) == 0) {
      return NOT_ELIGIBLE;
    }
    LoadBalancing balancing = service.loadBalancing();
    return switch (balancing.mode()) {
      case UNSPECIFIED, PASSTHROUGH -> 0;
      case FAILOVER -> sharedScopes(candidate, balancing.routingPreference());
      case STRICT -> sharesAll(candidate, balancing.routingPreference()) ? 0 : NOT_ELIGIBLE;
    };
  }

  private boolean sharesAll(Workload candidate, List<Scope> preference) {
    for (int i = 0; i < preference.size(); i++) {
      if (!shares(candidate, preference.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The length of the beginning of the preference that client and candidate share. If the network
   * comes first, a candidate on another network is still compared by the rest, but any on the
   * client's network comes before it.
   */
  private int sharedScopes(Workload candidate, List<Scope> preference) {
    boolean networkFirst = !preference.isEmpty() && preference.getFirst() == Scope.NETWORK;
    int rank = 0;
    int first = 0;
    if (networkFirst) {
      rank = shares(candidate, Scope.NETWORK) ? preference.size() : 0;
      first = 1;
    }
    for (int i = first; i < preference.size(); i++) {
      if (!shares(candidate, preference.get(i))) {
        break;
      }
      rank++;
    }
    return rank;
  }

  private boolean shares(Workload candidate, Scope scope) {
    return switch (scope) {
      case REGION -> client.locality().region().equals(candidate.locality().region());
      case ZONE -> client.locality().zone().equals(candidate.locality().zone());
      case SUBZONE -> client.locality().subzone().equals(candidate.locality().subzone());
      case NODE -> client.node().equals(candidate.node());
      case CLUSTER -> client.clusterId().equals(candidate.clusterId());
      case NETWORK -> client.network().equals(candidate.network());
      case UNSUPPORTED -> false;
    };
  }

  /** The port on which a candidate would take the connection; 0 if it cannot. */
  private int targetPort(Workload candidate) {
    if (!isReachable(candidate)) {
      return 0;
    }
    PortMap ports = candidate.portsFor(service.key());
    Port own = ports == null ? null : ports.find(servicePort);
    if (own != null && own.targetPort() > 0 && (declaredPort != null || hasTunnel(candidate))) {
      return own.targetPort();
    }
    if (declaredPort != null && declaredPort.targetPort() > 0) {
      return declaredPort.targetPort();
    }
    ApplicationTunnel tunnel = candidate.applicationTunnel();
    return purpose == Purpose.WAYPOINT && tunnel != null && tunnel.port() > 0 ? servicePort : 0;
  }

  private static boolean hasTunnel(Workload candidate) {
    return candidate.applicationTunnel() != null;
  }

  private boolean isReachable(Workload candidate) {
    if (!client.network().equals(candidate.network())) {
      return candidate.networkGateway() != null;
    }
    if (!candidate.hostname().isEmpty()) {
      return true;
    }
    for (IpAddress address : candidate.addresses()) {
      if (accepts(service.ipFamilies(), address)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a service that serves in {@code families} can be reached by {@code address}. */
  static boolean accepts(IpFamilies families, IpAddress address) {
    return switch (families) {
      case AUTOMATIC, DUAL -> true;
      case IPV4_ONLY -> address.isV4();
      case IPV6_ONLY -> !address.isV4();
    };
  }
}
