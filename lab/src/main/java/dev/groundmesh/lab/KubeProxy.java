package dev.groundmesh.lab;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Translation of service VIPs on the nodes, as kube-proxy does it: each new connection to a random
 * endpoint.
 */
interface KubeProxy {
  void update(List<Node> nodes, List<KubeService> services, List<Pod> pods);

  static KubeProxy off() {
    return (nodes, services, pods) -> {};
  }

  static KubeProxy byNftables() {
    return (nodes, services, pods) -> {
      String rules = rules(services, pods);
      nodes.forEach(node -> node.bare(rules, "nft", "-f", "-"));
    };
  }

  /** The whole table; loading it replaces the former one in one transaction. */
  static String rules(List<KubeService> services, List<Pod> pods) {
    var lines = new StringBuilder();
    for (KubeService service : services) {
      List<Pod> endpoints = pods.stream().filter(service::selects).toList();
      for (String vip : service.clusterIps()) {
        boolean six = vip.indexOf(':') >= 0;
        List<String> addresses =
            endpoints.stream()
                .flatMap(
                    pod ->
                        pod.addresses().stream()
                            .filter(address -> address instanceof Inet4Address != six)
                            .limit(1)
                            .map(InetAddress::getHostAddress))
                .toList();
        for (KubeService.Port port : service.ports()) {
          lines.append("    ").append(rule(vip, six, port, addresses)).append('\n');
        }
      }
    }
    return """
        table inet groundmesh-lab {}
        delete table inet groundmesh-lab
        table inet groundmesh-lab {
          chain services {
        %s  }
          chain prerouting {
            type nat hook prerouting priority -100
            jump services
          }
          chain output {
            type nat hook output priority -100
            jump services
          }
        }
        """
        .formatted(lines);
  }

  private static String rule(
      String vip, boolean six, KubeService.Port port, List<String> endpoints) {
    String family = six ? "ip6" : "ip";
    String match = "%s daddr %s tcp dport %d".formatted(family, vip, port.port());
    if (endpoints.isEmpty()) {
      return match + " drop";
    }
    String choices =
        IntStream.range(0, endpoints.size())
            .mapToObj(i -> i + " : " + endpoints.get(i))
            .collect(Collectors.joining(", "));
    return "%s dnat %s to numgen random mod %d map { %s }:%d"
        .formatted(match, family, endpoints.size(), choices, port.targetPort());
  }
}
