package dev.groundmesh.nodeagent.explain;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.routing.OutboundDecision;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.meshapi.routing.Target;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.explain.Explanation.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Asks the functions that decide about real connections. Load balancing is random, so a question is
 * decided many times, with the same random numbers each time it is asked. Pure; for any thread.
 */
public final class Explainer {
  private static final int SAMPLES = 200;
  private static final long SEED = 1;

  private final OutboundRouter router;
  private final Authorizer authorizer;
  private final String clusterDomain;

  /**
   * Explains by the router and the authorizer that the agent uses.
   *
   * @param clusterDomain such as {@code cluster.local}, to find a Service by namespace and name
   */
  public Explainer(OutboundRouter router, Authorizer authorizer, String clusterDomain) {
    this.router = router;
    this.authorizer = authorizer;
    this.clusterDomain = clusterDomain;
  }

  /**
   * Explains a connection.
   *
   * @param from {@code namespace/pod}
   * @param to {@code namespace/service}, {@code namespace/pod}, a host name or an address
   * @param port as dialled
   * @throws IllegalArgumentException naming the parameter that names nothing
   */
  public Explanation explain(MeshSnapshot mesh, String from, String to, int port) {
    Workload source = workload(mesh, from);
    if (source == null) {
      throw new IllegalArgumentException(
          "from: " + from + " (expected: namespace/name of a known workload)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
    IpAddress address = address(mesh, source, to);
    Map<OutboundDecision, Integer> counts = new LinkedHashMap<>();
    Random random = new Random(SEED);
    for (int i = 0; i < SAMPLES; i++) {
      counts.merge(router.decide(mesh, source, address, port, random), 1, Integer::sum);
    }
    List<Outcome> outcomes = new ArrayList<>();
    counts.forEach(
        (decision, count) ->
            outcomes.add(outcome(mesh, source, decision, Math.round(count * 100f / SAMPLES))));
    outcomes.sort(Comparator.comparingInt(Outcome::percent).reversed());
    return new Explanation(source.uid(), address.toString(), port, outcomes);
  }

  private static @Nullable Workload workload(MeshSnapshot mesh, String namespacedName) {
    for (Workload workload : mesh.workloads()) {
      if (namespacedName.equals(workload.namespace() + "/" + workload.name())) {
        return workload;
      }
    }
    return null;
  }

  private IpAddress address(MeshSnapshot mesh, Workload source, String to) {
    int slash = to.indexOf('/');
    if (slash > 0) {
      String hostname =
          to.substring(slash + 1) + "." + to.substring(0, slash) + ".svc." + clusterDomain;
      Service service = mesh.service(new NamespacedHostname(to.substring(0, slash), hostname));
      if (service != null) {
        return address(mesh, service);
      }
      Workload workload = workload(mesh, to);
      if (workload != null && !workload.addresses().isEmpty()) {
        return workload.addresses().getFirst();
      }
      throw new IllegalArgumentException(
          "to: " + to + " (expected: a known service or workload with an address)");
    }
    Service service = mesh.serviceByHostname(to, source.namespace(), null);
    return service == null ? literal(to) : address(mesh, service);
  }

  private static IpAddress literal(String to) {
    try {
      return IpAddress.parse(to);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "to: "
              + to
              + " (expected: namespace/name, the host name of a known service, or an address)",
          e);
    }
  }

  private static IpAddress address(MeshSnapshot mesh, Service service) {
    if (!service.vips().isEmpty()) {
      return service.vips().getFirst().address();
    }
    for (Workload endpoint : mesh.endpoints(service.key()).usable()) {
      if (!endpoint.addresses().isEmpty()) {
        return endpoint.addresses().getFirst();
      }
    }
    throw new IllegalArgumentException(
        "to: " + service.key() + " (expected: a service with a VIP or an endpoint)");
  }

  private Outcome outcome(
      MeshSnapshot mesh, Workload source, OutboundDecision decision, int percent) {
    String because = decision.rule().text();
    return switch (decision) {
      case OutboundDecision.Refuse refuse ->
          new Outcome(
              percent,
              "refuse",
              because,
              null,
              null,
              name(refuse.destination()),
              false,
              refuse.reason().text() + ": " + refuse.detail(),
              agentOf(source),
              refuse.reason().code());
      case OutboundDecision.Passthrough passthrough -> passthrough(passthrough, percent, because);
      case OutboundDecision.Direct direct ->
          authorized(
              mesh,
              source,
              percent,
              "same node",
              because,
              direct.target(),
              direct.target().ip(),
              null,
              direct.target().port(),
              direct.destination(),
              source.identity());
      case OutboundDecision.Tunnel tunnel ->
          authorized(
              mesh,
              source,
              percent,
              "tunnel",
              because,
              tunnel.target(),
              addressOf(tunnel.target()),
              authority(tunnel),
              tunnel.applicationPort(),
              tunnel.destination(),
              source.identity());
      case OutboundDecision.Waypoint waypoint ->
          new Outcome(
              percent,
              "waypoint",
              because,
              waypoint.target().toString(),
              waypoint.authority(),
              name(waypoint.destination()),
              true,
              "the waypoint's own policies decide",
              "waypoint " + name(waypoint.destination()),
              null);
      case OutboundDecision.Gateway gateway ->
          new Outcome(
              percent,
              "gateway",
              because,
              gateway.target().toString(),
              gateway.authority(),
              name(gateway.destination()),
              true,
              "the policies of the other network decide",
              "the destination's agent, beyond gateway " + name(gateway.gateway()),
              null);
    };
  }

  private static Outcome passthrough(
      OutboundDecision.Passthrough decision, int percent, String because) {
    Workload destination = decision.destination();
    if (destination == null) {
      return new Outcome(
          percent,
          "passthrough",
          because,
          decision.target().toString(),
          null,
          null,
          true,
          "the destination is outside of the mesh: no policy of the mesh applies",
          "nowhere",
          null);
    }
    return new Outcome(
        percent,
        "passthrough",
        because,
        decision.target().toString(),
        null,
        name(destination),
        true,
        "the destination is not enrolled: its policies are not enforced",
        "nowhere",
        null);
  }

  private Outcome authorized(
      MeshSnapshot mesh,
      Workload source,
      int percent,
      String way,
      String because,
      Target target,
      @Nullable IpAddress destinationAddress,
      @Nullable String authority,
      int applicationPort,
      Workload destination,
      SpiffeId peer) {
    if (destinationAddress == null || source.addresses().isEmpty()) {
      return new Outcome(
          percent,
          way,
          because,
          target.toString(),
          authority,
          name(destination),
          true,
          "known once the host name is resolved",
          agentOf(destination),
          null);
    }
    AuthorizationDecision decision =
        authorizer.authorize(
            mesh,
            new ConnectionFacts(
                destination,
                peer,
                source.addresses().getFirst(),
                destinationAddress,
                applicationPort));
    return switch (decision) {
      case AuthorizationDecision.Allowed allowed ->
          new Outcome(
              percent,
              way,
              because,
              target.toString(),
              authority,
              name(destination),
              true,
              allowed.policy() == null
                  ? "no ALLOW policy applies to the destination"
                  : "policy " + allowed.policy() + ", rule " + (allowed.group() + 1),
              agentOf(destination),
              null);
      case AuthorizationDecision.Denied denied ->
          new Outcome(
              percent,
              way,
              because,
              target.toString(),
              authority,
              name(destination),
              false,
              denied.policy() == null
                  ? denied.reason().text()
                  : "policy "
                      + denied.policy()
                      + (denied.group() < 0 ? "" : ", rule " + (denied.group() + 1)),
              agentOf(destination),
              denied.reason().code());
    };
  }

  private static @Nullable IpAddress addressOf(Target target) {
    return switch (target) {
      case Target.Address address -> address.ip();
      case Target.Hostname hostname -> null;
    };
  }

  private static @Nullable String authority(OutboundDecision.Tunnel tunnel) {
    IpAddress address = addressOf(tunnel.target());
    return address == null ? null : tunnel.authority(address.toInetAddress());
  }

  private static String agentOf(Workload workload) {
    return "the agent of node " + (workload.node().isEmpty() ? "(unknown)" : workload.node());
  }

  private static @Nullable String name(@Nullable Workload workload) {
    return workload == null ? null : workload.namespace() + "/" + workload.name();
  }
}
