package dev.groundmesh.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How a service is to be; {@link #add} makes it. */
public final class ServiceSpec {
  private final Lab lab;
  final String namespace;
  final String name;
  final Map<String, String> selector = new LinkedHashMap<>();
  final List<KubeService.Port> ports = new ArrayList<>();

  ServiceSpec(Lab lab, String namespacedName) {
    this.lab = lab;
    String[] parts = namespacedName.split("/", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException(
          "service: " + namespacedName + " (expected: <namespace>/<name>)");
    }
    namespace = parts[0];
    name = parts[1];
  }

  public ServiceSpec selector(String key, String value) {
    selector.put(key, value);
    return this;
  }

  public ServiceSpec port(String portName, int port, int targetPort) {
    ports.add(new KubeService.Port(portName, port, targetPort));
    return this;
  }

  /** Adds the service to the lab, with a VIP of each family; the manifests tell of it at once. */
  public KubeService add() {
    return lab.add(this);
  }
}
