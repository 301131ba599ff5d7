package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.controller.model.LabelSelector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** NetworkPolicies that let an application's port through and not the tunnel that it comes in. */
final class NetworkPolicyCheck implements Check {
  private static final int HBONE_PORT = 15008;

  @Override
  public void run(World world, Findings findings) {
    List<SourceObject> policies = new ArrayList<>();
    for (SourceObject source : world.sources()) {
      if (source.ref().kind().equals("NetworkPolicy")
          && source.ref().group().equals("networking.k8s.io")) {
        policies.add(source);
      }
    }
    for (String direction : List.of("Ingress", "Egress")) {
      for (Workload workload : world.workloads()) {
        if (workload.meshed()) {
          direction(direction, policies, workload, findings);
        }
      }
    }
  }

  private static void direction(
      String direction, List<SourceObject> policies, Workload workload, Findings findings) {
    String field = "spec." + (direction.equals("Ingress") ? "ingress" : "egress");
    List<SourceObject> limiting = new ArrayList<>();
    for (SourceObject policy : policies) {
      if (policy.ref().namespace().equals(workload.namespace())
          && selector(policy.spec().path("podSelector")).matches(workload.labels())
          && governs(policy, direction)) {
        limiting.add(policy);
      }
    }
    for (SourceObject policy : limiting) {
      for (JsonNode rule : rules(policy, direction)) {
        if (letsTunnelThrough(rule)) {
          return;
        }
      }
    }
    for (SourceObject policy : limiting) {
      if (!rules(policy, direction).isEmpty()) {
        findings.add(
            FindingCode.NETWORK_POLICY_BLOCKS_TUNNEL,
            policy,
            field,
            "no rule for TCP " + HBONE_PORT,
            "a port "
                + HBONE_PORT
                + " beside the application's: connections between pods of the"
                + " mesh come through it");
      }
    }
  }

  private static boolean governs(SourceObject policy, String direction) {
    JsonNode types = policy.spec().path("policyTypes");
    if (types.isEmpty()) {
      return direction.equals("Ingress") || policy.spec().has("egress");
    }
    for (JsonNode type : types) {
      if (type.asText().equals(direction)) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode rules(SourceObject policy, String direction) {
    return policy.spec().path(direction.equals("Ingress") ? "ingress" : "egress");
  }

  private static boolean letsTunnelThrough(JsonNode rule) {
    JsonNode ports = rule.path("ports");
    if (ports.isEmpty()) {
      return true;
    }
    for (JsonNode port : ports) {
      boolean tcp = port.path("protocol").asText("TCP").equals("TCP");
      int from = port.path("port").asInt();
      int to = port.path("endPort").asInt(from);
      if (tcp && (!port.has("port") || (from <= HBONE_PORT && HBONE_PORT <= to))) {
        return true;
      }
    }
    return false;
  }

  private static LabelSelector selector(JsonNode written) {
    Map<String, String> labels = new HashMap<>();
    for (Map.Entry<String, JsonNode> label : written.path("matchLabels").properties()) {
      labels.put(label.getKey(), label.getValue().asText());
    }
    List<LabelSelector.Requirement> requirements = new ArrayList<>();
    for (JsonNode expression : written.path("matchExpressions")) {
      Set<String> values = new HashSet<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      requirements.add(
          new LabelSelector.Requirement(
              expression.path("key").asText(), operator(expression), values));
    }
    return new LabelSelector(labels, requirements);
  }

  private static LabelSelector.Operator operator(JsonNode expression) {
    return switch (expression.path("operator").asText()) {
      case "NotIn" -> LabelSelector.Operator.NOT_IN;
      case "Exists" -> LabelSelector.Operator.EXISTS;
      case "DoesNotExist" -> LabelSelector.Operator.DOES_NOT_EXIST;
      default -> LabelSelector.Operator.IN;
    };
  }
}
