package dev.groundmesh.lab;

import java.util.List;
import java.util.Map;

/**
 * A Kubernetes Service of the lab.
 *
 * @param clusterIps its VIPs, IPv4 first
 * @param selector the labels of its pods, in its own namespace
 */
public record KubeService(
    String namespace,
    String name,
    List<String> clusterIps,
    Map<String, String> selector,
    List<Port> ports) {

  /** One port: {@code targetPort} is where the pods listen. */
  public record Port(String name, int port, int targetPort) {}

  public KubeService {
    clusterIps = List.copyOf(clusterIps);
    selector = Map.copyOf(selector);
    ports = List.copyOf(ports);
  }

  /** The IPv4 VIP. */
  public String ipv4() {
    return clusterIps.getFirst();
  }

  /** {@code <name>.<namespace>.svc.cluster.local} */
  public String hostname() {
    return name + "." + namespace + ".svc.cluster.local";
  }

  boolean selects(Pod pod) {
    return pod.namespace().equals(namespace)
        && !selector.isEmpty()
        && pod.labels().entrySet().containsAll(selector.entrySet());
  }
}
