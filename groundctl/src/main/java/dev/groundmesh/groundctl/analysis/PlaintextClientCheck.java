package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.PeerAuthentication.Mode;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.policy.PeerAuthenticationConversion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Clients of workloads under STRICT that have no identity: from outside of the cluster, in the
 * node's network, or left out of the mesh beside pods of the same Service.
 */
final class PlaintextClientCheck implements Check {
  @Override
  public void run(World world, Findings findings) {
    Map<SourceObject, List<Workload>> strict = new LinkedHashMap<>();
    Map<PeerAuthentication, SourceObject> sources = new LinkedHashMap<>();
    world.all(PeerAuthentication.class).forEach((source, policy) -> sources.put(policy, source));
    for (Workload workload : world.workloads()) {
      PeerAuthentication policy =
          workload.meshed() ? strict(world, sources.keySet(), workload) : null;
      if (policy != null) {
        strict.computeIfAbsent(sources.get(policy), p -> new ArrayList<>()).add(workload);
      }
    }
    strict.forEach(
        (policy, workloads) -> {
          for (String client : clients(world, workloads)) {
            findings.add(
                FindingCode.STRICT_PLAINTEXT_CLIENT,
                policy,
                "spec.mtls.mode",
                "STRICT, and " + client,
                "clients in the mesh, or PERMISSIVE for the port in portLevelMtls");
          }
        });
  }

  /** The policy that makes the workload's mode STRICT; null: it is not. */
  private static @Nullable PeerAuthentication strict(
      World world, Set<PeerAuthentication> policies, Workload workload) {
    List<PeerAuthentication> own = new ArrayList<>();
    List<PeerAuthentication> ofNamespace = new ArrayList<>();
    List<PeerAuthentication> ofMesh = new ArrayList<>();
    for (PeerAuthentication policy : policies) {
      boolean here = policy.metadata().namespace().equals(workload.namespace());
      if (!policy.selector().isEmpty()) {
        if (here && workload.has(policy.selector())) {
          own.add(policy);
        }
      } else {
        if (here) {
          ofNamespace.add(policy);
        }
        if (policy.metadata().namespace().equals(world.settings().rootNamespace())) {
          ofMesh.add(policy);
        }
      }
    }
    for (List<PeerAuthentication> level : List.of(own, ofNamespace, ofMesh)) {
      PeerAuthentication policy = PeerAuthenticationConversion.oldest(level).orElse(null);
      if (policy != null && policy.mode() != Mode.UNSET) {
        return policy.mode() == Mode.STRICT ? policy : null;
      }
    }
    return null;
  }

  private static Set<String> clients(World world, List<Workload> strict) {
    Set<String> clients = new LinkedHashSet<>();
    Set<String> namespaces = new LinkedHashSet<>();
    strict.forEach(workload -> namespaces.add(workload.namespace()));
    Set<ObjectRef> reached = new LinkedHashSet<>();
    world
        .all(Service.class)
        .forEach(
            (source, service) -> {
              if (!service.selector().isEmpty()
                  && strict.stream().anyMatch(workload -> isBehind(workload, service))) {
                reached.add(source.ref());
                ofService(world, source, service, clients);
              }
            });
    for (SourceObject source : world.sources()) {
      if (source.ref().kind().equals("Ingress")) {
        for (ObjectRef service : backends(source)) {
          if (reached.contains(service)) {
            clients.add("the controller of " + source.ref() + ", unless it is in the mesh");
          }
        }
      }
    }
    for (Workload workload : world.workloads()) {
      if (workload.pod().hostNetwork() && namespaces.contains(workload.namespace())) {
        clients.add(workload + " on the host's network");
      }
    }
    return clients;
  }

  private static boolean isBehind(Workload workload, Service service) {
    return workload.namespace().equals(service.metadata().namespace())
        && workload.has(service.selector());
  }

  private static void ofService(
      World world, SourceObject source, Service service, Set<String> clients) {
    String type = source.spec().path("type").asText();
    if (type.equals("NodePort") || type.equals("LoadBalancer")) {
      clients.add("who comes by " + source.ref() + " of type " + type);
    }
    List<Workload> outside =
        world.workloads().stream()
            .filter(workload -> !workload.meshed() && !workload.pod().hostNetwork())
            .filter(workload -> isBehind(workload, service))
            .toList();
    if (!outside.isEmpty()) {
      clients.add(Names.of(outside) + " outside of the mesh behind " + source.ref());
    }
  }

  private static Set<ObjectRef> backends(SourceObject ingress) {
    Set<ObjectRef> backends = new LinkedHashSet<>();
    backend(ingress, ingress.spec().path("defaultBackend"), backends);
    for (JsonNode rule : ingress.spec().path("rules")) {
      for (JsonNode path : rule.path("http").path("paths")) {
        backend(ingress, path.path("backend"), backends);
      }
    }
    return backends;
  }

  private static void backend(SourceObject ingress, JsonNode backend, Set<ObjectRef> into) {
    String name = backend.path("service").path("name").asText();
    if (!name.isEmpty()) {
      into.add(new ObjectRef("", "Service", ingress.ref().namespace(), name));
    }
  }
}
