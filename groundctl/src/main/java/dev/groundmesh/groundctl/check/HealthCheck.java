package dev.groundmesh.groundctl.check;

import static dev.groundmesh.groundctl.check.ObjectFields.image;
import static dev.groundmesh.groundctl.check.ObjectFields.name;
import static dev.groundmesh.groundctl.check.ObjectFields.named;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.ClusterAccess;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** How an installed mesh is: controller, agents, what they say of each other, pods. Pure. */
final class HealthCheck {
  private static final long SLOW_MILLIS = 10_000;

  private final ClusterFacts facts;
  private final List<CheckResult> results = new ArrayList<>();

  private HealthCheck(ClusterFacts facts) {
    this.facts = facts;
  }

  static List<CheckResult> run(ClusterFacts facts) {
    HealthCheck check = new HealthCheck(facts);
    check.controller();
    check.agents();
    check.connections();
    check.pods();
    return check.results;
  }

  private void controller() {
    Optional<JsonNode> found = named(facts.deployments(), ClusterAccess.CONTROLLER);
    if (found.isEmpty()) {
      results.add(
          CheckResult.failed(
              "controller",
              "",
              "no Deployment " + ClusterAccess.CONTROLLER,
              "run groundctl install"));
      return;
    }
    JsonNode deployment = found.get();
    int wanted = deployment.path("spec").path("replicas").asInt(1);
    int ready = deployment.path("status").path("readyReplicas").asInt();
    String state = ready + " of " + wanted + " ready, " + image(deployment);
    results.add(
        ready >= wanted && ready > 0
            ? CheckResult.ok("controller", "", state)
            : CheckResult.failed(
                "controller",
                "",
                state,
                "see kubectl -n "
                    + facts.rootNamespace()
                    + " describe pods, and groundctl bug-report"));
  }

  private void agents() {
    Optional<JsonNode> found = named(facts.daemonSets(), ClusterAccess.AGENT);
    if (found.isEmpty()) {
      results.add(
          CheckResult.failed(
              "agents", "", "no DaemonSet " + ClusterAccess.AGENT, "run groundctl install"));
      return;
    }
    JsonNode daemonSet = found.get();
    int wanted = daemonSet.path("status").path("desiredNumberScheduled").asInt();
    int ready = daemonSet.path("status").path("numberReady").asInt();
    int updated = daemonSet.path("status").path("updatedNumberScheduled").asInt();
    String state = ready + " of " + wanted + " ready, " + image(daemonSet);
    results.add(
        ready >= wanted
            ? CheckResult.ok("agents", "", state)
            : CheckResult.failed(
                "agents",
                "",
                state,
                "see kubectl -n " + facts.rootNamespace() + " get pods -o wide"));
    if (updated < wanted) {
      results.add(
          CheckResult.doubtful(
              "agents rolled out", "", updated + " of " + wanted, "wait for the rollout to end"));
    }
    Set<String> covered = new TreeSet<>();
    for (JsonNode pod : facts.podsOfTheMesh()) {
      if (isAgent(pod)) {
        covered.add(pod.path("spec").path("nodeName").asText());
      }
    }
    for (JsonNode node : facts.nodes()) {
      if (!covered.contains(name(node))) {
        results.add(
            CheckResult.failed(
                "agent of the node",
                name(node),
                "none",
                "let the DaemonSet run there (taints, selectors): pods of the mesh cannot start on"
                    + " this node"));
      }
    }
    skew(daemonSet);
  }

  private static boolean isAgent(JsonNode pod) {
    for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
      if (owner.path("kind").asText().equals("DaemonSet")
          && owner.path("name").asText().equals(ClusterAccess.AGENT)) {
        return true;
      }
    }
    return false;
  }

  private void skew(JsonNode daemonSet) {
    String agents = version(image(daemonSet));
    String controllers =
        named(facts.deployments(), ClusterAccess.CONTROLLER)
            .map(each -> version(image(each)))
            .orElse("");
    if (!controllers.isEmpty()) {
      results.add(
          agents.equals(controllers)
              ? CheckResult.ok("versions", "", agents)
              : CheckResult.doubtful(
                  "versions",
                  "",
                  "controller " + controllers + ", agents " + agents,
                  "run groundctl upgrade: controller first, then agents"));
    }
  }

  private void connections() {
    if (facts.agents().isEmpty()) {
      results.add(
          CheckResult.doubtful(
              "agents connected",
              "",
              "no controller could be asked",
              "ask with the right to create pods/portforward in " + facts.rootNamespace()));
      return;
    }
    Map<String, Long> lags = new TreeMap<>();
    Map<String, String> refused = new TreeMap<>();
    for (JsonNode answer : facts.agents().get().values()) {
      for (JsonNode agent : answer.path("agents")) {
        long lag = 0;
        for (JsonNode type : agent.path("types")) {
          lag = Math.max(lag, type.path("lagMillis").asLong());
          if (type.path("refuses").asBoolean()) {
            refused.put(agent.path("node").asText(), type.path("lastNack").asText());
          }
        }
        lags.merge(agent.path("node").asText(), lag, Math::min);
      }
    }
    for (JsonNode node :
        facts.nodes().stream().sorted(Comparator.comparing(ObjectFields::name)).toList()) {
      String name = name(node);
      Long lag = lags.get(name);
      if (lag == null) {
        results.add(
            CheckResult.failed(
                "agents connected",
                name,
                "no agent of this node is connected to a controller",
                "see docs/troubleshoot.md, CONTROL_PLANE_UNREACHABLE"));
      } else if (refused.containsKey(name)) {
        results.add(
            CheckResult.failed(
                "agents connected",
                name,
                refused.get(name),
                "see docs/troubleshoot.md, RESOURCE_REJECTED"));
      } else {
        results.add(
            lag <= SLOW_MILLIS
                ? CheckResult.ok("agents connected", name, lag + " ms behind")
                : CheckResult.doubtful(
                    "agents connected", name, lag + " ms behind", "see groundctl status"));
      }
    }
  }

  private void pods() {
    if (facts.agents().isEmpty()) {
      return;
    }
    int pending = facts.pendingPods().size();
    results.add(
        pending == 0
            ? CheckResult.ok("pods captured", "", "all that are to be in the mesh")
            : CheckResult.failed(
                "pods captured",
                "",
                pending
                    + " pending: "
                    + String.join(", ", facts.pendingPods().stream().sorted().limit(3).toList())
                    + (pending > 3 ? ", ..." : ""),
                "see kubectl describe pod, and docs/troubleshoot.md, ENROLMENT_FAILED"));
  }

  private static String version(String image) {
    int colon = image.lastIndexOf(':');
    return colon < image.lastIndexOf('/')
        ? "latest"
        : image.substring(colon + 1).toLowerCase(Locale.ROOT);
  }
}
