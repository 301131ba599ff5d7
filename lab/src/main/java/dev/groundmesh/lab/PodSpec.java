package dev.groundmesh.lab;

import java.util.LinkedHashMap;
import java.util.Map;

/** How a pod is to be; {@link #start} makes it. */
public final class PodSpec {
  /** The address families of a pod. */
  public enum Families {
    IPV4,
    IPV6,
    DUAL
  }

  private final Node node;
  final String namespace;
  final String name;
  final Map<String, String> labels = new LinkedHashMap<>();
  String serviceAccount = "default";
  Families families = Families.DUAL;
  int addressesPerFamily = 1;

  PodSpec(Node node, String namespacedName) {
    this.node = node;
    String[] parts = namespacedName.split("/", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException(
          "pod: " + namespacedName + " (expected: <namespace>/<name>)");
    }
    namespace = parts[0];
    name = parts[1];
  }

  public PodSpec label(String key, String value) {
    labels.put(key, value);
    return this;
  }

  public PodSpec serviceAccount(String serviceAccount) {
    this.serviceAccount = serviceAccount;
    return this;
  }

  public PodSpec families(Families families) {
    this.families = families;
    return this;
  }

  /** How many addresses of each family the pod has; the first is the primary one. */
  public PodSpec addressesPerFamily(int count) {
    addressesPerFamily = count;
    return this;
  }

  /** Makes the pod's namespace and network; the manifests tell of it at once. */
  public Pod start() {
    return node.put(this);
  }
}
