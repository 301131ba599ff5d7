package dev.groundmesh.groundctl.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What the answers of the nodes mean, one by one and beside each other. Pure. */
public final class NodeCheck {
  /** The pods' side of a node, by what CNI plugins call it. */
  private static final Pattern OF_PODS =
      Pattern.compile("(cni|cbr|veth|cali|lxc|flannel|cilium|vxlan|tunl|kube-bridge|genev).*");

  private NodeCheck() {}

  /**
   * All there is to say.
   *
   * @param nodes as the API server has them
   * @param answers by node, of {@link NodeProbe#ask}
   */
  public static List<CheckResult> run(List<JsonNode> nodes, Map<String, JsonNode> answers) {
    List<CheckResult> results = new ArrayList<>();
    Map<String, Integer> uplinks = new TreeMap<>();
    for (JsonNode node : nodes) {
      String name = node.path("metadata").path("name").asText();
      JsonNode answer = answers.get(name);
      if (answer == null || answer.has("failure")) {
        results.add(
            CheckResult.failed(
                "look into the node",
                name,
                answer == null ? "no answer" : answer.path("failure").asText(),
                "load the agent's image into the node, or name it with --probe-image"));
        continue;
      }
      needs(name, answer, results);
      interfaces(name, node, answer, uplinks, results);
    }
    if (new TreeSet<>(uplinks.values()).size() > 1) {
      results.add(
          CheckResult.doubtful(
              "mtu of the nodes",
              "",
              uplinks.toString(),
              "give all nodes the same: what one sends, another may drop"));
    } else if (!uplinks.isEmpty()) {
      results.add(
          CheckResult.ok("mtu of the nodes", "", uplinks.values().iterator().next().toString()));
    }
    return results;
  }

  private static void needs(String node, JsonNode answer, List<CheckResult> results) {
    for (JsonNode need : answer.path("needs")) {
      String name = "agent needs " + need.path("name").asText();
      results.add(
          need.path("met").asBoolean()
              ? CheckResult.ok(name, node, need.path("found").asText())
              : CheckResult.failed(
                  name, node, need.path("found").asText(), need.path("remedy").asText()));
    }
  }

  private static void interfaces(
      String name,
      JsonNode node,
      JsonNode answer,
      Map<String, Integer> uplinks,
      List<CheckResult> results) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : node.path("status").path("addresses")) {
      addresses.add(address.path("address").asText());
    }
    int uplink = 0;
    for (JsonNode one : answer.path("interfaces")) {
      for (JsonNode address : one.path("addresses")) {
        if (addresses.contains(address.asText())) {
          uplink = one.path("mtu").asInt();
        }
      }
    }
    if (uplink == 0) {
      return;
    }
    uplinks.put(name, uplink);
    for (JsonNode one : answer.path("interfaces")) {
      int mtu = one.path("mtu").asInt();
      if (OF_PODS.matcher(one.path("name").asText()).matches() && mtu > uplink) {
        results.add(
            CheckResult.doubtful(
                "mtu of pods",
                name,
                one.path("name").asText() + ' ' + mtu + ", the node " + uplink,
                "lower the CNI plugin's MTU to the node's, less what its encapsulation takes"));
        return;
      }
    }
    results.add(CheckResult.ok("mtu of pods", name, "at most the node's, " + uplink));
  }
}
