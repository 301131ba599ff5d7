package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Service;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Ports in policies that are a Service's, where the workload listens on another. */
final class PolicyPortCheck implements Check {
  @Override
  public void run(World world, Findings findings) {
    world
        .all(AuthorizationPolicy.class)
        .forEach(
            (source, policy) -> {
              List<Workload> reached = Reach.of(world, policy);
              for (int r = 0; r < policy.rules().size(); r++) {
                var rule = policy.rules().get(r);
                for (int t = 0; t < rule.to().size(); t++) {
                  String at = "spec.rules[" + r + "].to[" + t + "].operation.";
                  ports(
                      world,
                      source,
                      reached,
                      rule.to().get(t).ports().values(),
                      at + "ports",
                      findings);
                  ports(
                      world,
                      source,
                      reached,
                      rule.to().get(t).ports().notValues(),
                      at + "notPorts",
                      findings);
                }
                for (int w = 0; w < rule.when().size(); w++) {
                  if (rule.when().get(w).key().equals("destination.port")) {
                    String at = "spec.rules[" + r + "].when[" + w + "].values";
                    ports(
                        world, source, reached, rule.when().get(w).values().values(), at, findings);
                  }
                }
              }
            });
    world
        .all(PeerAuthentication.class)
        .forEach(
            (source, policy) -> {
              List<Workload> reached = Reach.of(world, policy);
              for (int port : policy.portLevel().keySet()) {
                port(world, source, reached, port, "spec.portLevelMtls." + port, findings);
              }
            });
  }

  private static void ports(
      World world,
      SourceObject policy,
      List<Workload> reached,
      List<String> ports,
      String field,
      Findings findings) {
    for (int i = 0; i < ports.size(); i++) {
      port(world, policy, reached, Integer.parseInt(ports.get(i)), field + '[' + i + ']', findings);
    }
  }

  private static void port(
      World world,
      SourceObject policy,
      List<Workload> reached,
      int port,
      String field,
      Findings findings) {
    Set<Integer> meant = new TreeSet<>();
    Set<Integer> listened = new HashSet<>();
    for (Workload workload : reached) {
      listened.addAll(containerPorts(workload));
      for (Service service : selecting(world, workload)) {
        for (Service.Port each : service.ports()) {
          int target = target(each, workload);
          listened.add(target);
          if (each.port() == port && target != port && target > 0) {
            meant.add(target);
          }
        }
      }
    }
    if (!meant.isEmpty() && !listened.contains(port)) {
      findings.add(
          FindingCode.POLICY_PORT_IS_SERVICE_PORT,
          policy,
          field,
          Integer.toString(port),
          "the port that the workload listens on: " + Names.of(List.copyOf(meant)));
    }
  }

  private static List<Service> selecting(World world, Workload workload) {
    return world.all(Service.class).values().stream()
        .filter(service -> service.metadata().namespace().equals(workload.namespace()))
        .filter(service -> !service.selector().isEmpty() && workload.has(service.selector()))
        .toList();
  }

  private static int target(Service.Port port, Workload workload) {
    return port.targetPortName().isEmpty()
        ? port.targetPort()
        : Map.copyOf(workload.pod().namedPorts()).getOrDefault(port.targetPortName(), 0);
  }

  private static Set<Integer> containerPorts(Workload workload) {
    Set<Integer> ports = new HashSet<>();
    String template = PodTemplates.field(workload.source().ref());
    JsonNode pod =
        template.isEmpty()
            ? workload.source().json()
            : workload.source().json().at('/' + template.replace('.', '/'));
    for (JsonNode container : pod.path("spec").path("containers")) {
      for (JsonNode port : container.path("ports")) {
        ports.add(port.path("containerPort").asInt());
      }
    }
    return ports;
  }
}
