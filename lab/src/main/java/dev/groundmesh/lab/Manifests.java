package dev.groundmesh.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The lab's topology as ordinary Kubernetes YAML in a folder, kept up to date: {@code nodes.yaml},
 * and for each namespace {@code <namespace>-namespace.yaml} (Namespace and ServiceAccounts) and
 * {@code <namespace>-workloads.yaml} (Pods and Services). Files of one's own may be put beside
 * them. Each change replaces a file whole, by rename.
 */
public final class Manifests {
  /** The annotation that names a pod's network namespace. */
  static final String NETNS_ANNOTATION = "groundmesh.dev/netns";

  private final Lab lab;
  private final Path folder;
  private final Map<String, Map<String, String>> namespaceLabels = new TreeMap<>();

  Manifests(Lab lab, Path folder) {
    this.lab = lab;
    this.folder = folder;
  }

  public Path folder() {
    return folder;
  }

  /** Sets a label of a Namespace, e.g. {@code istio.io/dataplane-mode=ambient}. */
  public void labelNamespace(String namespace, String key, String value) {
    synchronized (lab) {
      labelsOf(namespace).put(key, value);
      writeNamespace(namespace);
    }
  }

  /** Takes a label from a Namespace. */
  public void unlabelNamespace(String namespace, String key) {
    synchronized (lab) {
      labelsOf(namespace).remove(key);
      writeNamespace(namespace);
    }
  }

  /** Adds or replaces a file of one's own. */
  public Path apply(String file, String yaml) {
    return replace(folder.resolve(file), yaml);
  }

  /** Removes a file of one's own. */
  public void remove(String file) {
    try {
      Files.delete(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of a file. */
  public String read(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void writeNodes() {
    replace(
        folder.resolve("nodes.yaml"),
        Yaml.documents(lab.nodes().stream().map(Manifests::node).toList()));
  }

  void writeNamespace(String namespace) {
    List<Pod> pods = lab.pods().stream().filter(pod -> pod.namespace().equals(namespace)).toList();
    var accounts = new TreeSet<String>();
    pods.forEach(pod -> accounts.add(pod.serviceAccount()));
    replace(
        folder.resolve(namespace + "-namespace.yaml"),
        Yaml.documents(
            Stream.concat(
                    Stream.of(namespace(namespace, labelsOf(namespace))),
                    accounts.stream().map(account -> serviceAccount(namespace, account)))
                .toList()));
    replace(
        folder.resolve(namespace + "-workloads.yaml"),
        Yaml.documents(
            Stream.concat(
                    pods.stream().map(Manifests::pod),
                    lab.services().stream()
                        .filter(service -> service.namespace().equals(namespace))
                        .map(Manifests::service))
                .toList()));
  }

  private Map<String, String> labelsOf(String namespace) {
    return namespaceLabels.computeIfAbsent(
        namespace, name -> new LinkedHashMap<>(Map.of("kubernetes.io/metadata.name", name)));
  }

  private static Map<String, Object> node(Node node) {
    return object(
        "v1",
        "Node",
        ordered("name", node.name(), "labels", ordered("kubernetes.io/hostname", node.name())),
        "status",
        ordered("addresses", addresses(node)));
  }

  private static List<Map<String, Object>> addresses(Node node) {
    return node.addresses().stream()
        .map(address -> ordered("type", "InternalIP", "address", literal(address)))
        .toList();
  }

  static Map<String, Object> namespace(String name, Map<String, String> labels) {
    return object("v1", "Namespace", ordered("name", name, "labels", new TreeMap<>(labels)));
  }

  static Map<String, Object> serviceAccount(String namespace, String name) {
    return object("v1", "ServiceAccount", ordered("name", name, "namespace", namespace));
  }

  private static Map<String, Object> pod(Pod pod) {
    var metadata =
        ordered(
            "name",
            pod.name(),
            "namespace",
            pod.namespace(),
            "labels",
            new TreeMap<>(pod.labels()));
    metadata.put("annotations", ordered(NETNS_ANNOTATION, pod.netns()));
    List<Map<String, Object>> podIps =
        pod.addresses().stream().map(address -> ordered("ip", literal(address))).toList();
    var status =
        ordered("phase", "Running", "podIP", literal(pod.addresses().getFirst()), "podIPs", podIps);
    status.put("conditions", List.of(ordered("type", "Ready", "status", "True")));
    return object(
        "v1",
        "Pod",
        metadata,
        "spec",
        ordered(
            "serviceAccountName",
            pod.serviceAccount(),
            "nodeName",
            pod.node().name(),
            "containers",
            List.of(ordered("name", "app", "image", "lab"))),
        "status",
        status);
  }

  private static Map<String, Object> service(KubeService service) {
    var spec = new LinkedHashMap<String, Object>();
    spec.put("clusterIP", service.ipv4());
    spec.put("clusterIPs", service.clusterIps());
    spec.put("ipFamilyPolicy", "PreferDualStack");
    spec.put("selector", new TreeMap<>(service.selector()));
    spec.put(
        "ports",
        service.ports().stream()
            .map(
                port ->
                    ordered(
                        "name", port.name(), "port", port.port(), "targetPort", port.targetPort()))
            .toList());
    return object(
        "v1",
        "Service",
        ordered("name", service.name(), "namespace", service.namespace()),
        "spec",
        spec);
  }

  private static Map<String, Object> object(
      String apiVersion, String kind, Map<String, Object> metadata, Object... rest) {
    var object = ordered("apiVersion", apiVersion, "kind", kind, "metadata", metadata);
    object.putAll(ordered(rest));
    return object;
  }

  private static Map<String, Object> ordered(Object... keysAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static String literal(InetAddress address) {
    return address.getHostAddress();
  }

  private static Path replace(Path file, String text) {
    try {
      // A dot first, so that a watcher of *.yaml never sees half a file.
      Path written = file.resolveSibling("." + file.getFileName() + ".new");
      Files.writeString(written, text);
      return Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
