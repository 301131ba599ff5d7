package dev.groundmesh.nodeagent.explain;

import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.routing.OutboundDecision;
import dev.groundmesh.meshapi.routing.OutboundRouter;
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
  private final Outcomes outcomes;
  private final String clusterDomain;

  /**
   * Explains by the router and the authorizer that the agent uses.
   *
   * @param clusterDomain such as {@code cluster.local}, to find a Service by namespace and name
   */
  public Explainer(OutboundRouter router, Authorizer authorizer, String clusterDomain) {
    this.router = router;
    this.outcomes = new Outcomes(authorizer);
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
    List<Outcome> told = new ArrayList<>();
    counts.forEach(
        (decision, count) ->
            told.add(outcomes.of(mesh, source, decision, Math.round(count * 100f / SAMPLES))));
    told.sort(Comparator.comparingInt(Outcome::percent).reversed());
    return new Explanation(source.uid(), address.toString(), port, told);
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
}
