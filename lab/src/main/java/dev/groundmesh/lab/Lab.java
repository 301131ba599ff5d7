package dev.groundmesh.lab;

import dev.groundmesh.lab.process.Cgroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of network namespaces on this machine, and everything that belongs to it: nodes, pods,
 * services, their manifests, programs, logs. Needs root and Linux with cgroup v2.
 *
 * <pre>{@code
 * try (Lab lab = Lab.open("shop")) {
 *   Node a = lab.node("node-a");
 *   Node b = lab.node("node-b");
 *   Pod client = a.pod("shop/client").start();
 *   Pod web = b.pod("shop/web").label("app", "web").start();
 *   web.program("python3", "-m", "http.server", "8080").start().await(Readiness.listening(8080));
 *   Capture wire = a.captureWireTo(b);
 *   client.exec("curl", "-sS", "http://" + web.ipv4() + ":8080/");
 *   wire.saw("GET / HTTP/1.1");
 * }
 * }</pre>
 *
 * <p>Closing it ends every program and removes every trace. So does the end of the JVM by signal or
 * exit, and the next {@link #open} anywhere on the machine when this JVM was killed. Thread-safe.
 */
public final class Lab implements AutoCloseable {
  /** Where the labs' directories are. */
  static final Path BASE = Path.of(System.getProperty("java.io.tmpdir"));

  private static final int MAX_NODES = 200;

  private final RunId id;
  private final Path directory;
  private final Cgroup cgroup;
  private final Thread atExit = new Thread(this::remove, "lab-removal");
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Map<String, KubeService> services = new LinkedHashMap<>();
  private final Manifests manifests;
  private final List<AutoCloseable> closedFirst = new ArrayList<>();
  private KubeProxy kubeProxy = KubeProxy.off();
  private @Nullable ClusterDns dns;
  private int serviceSerial;
  private boolean removed;

  private Lab(RunId id) throws IOException {
    this.id = id;
    directory = Files.createDirectories(BASE.resolve(id.toString()));
    cgroup = Cgroup.root().child(id.toString());
    manifests = new Manifests(this, directory("manifests"));
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Opens an empty lab, after removing what killed runs of any lab left on this machine.
   *
   * @param name 1 to 12 lower-case letters and digits; a JVM can have one lab of a name at a time
   */
  public static Lab open(String name) {
    try {
      removeLeftovers();
      RunId id = RunId.ofThisProcess(name);
      Leftovers.remove(id);
      return new Lab(id);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes the namespaces, processes and files of labs whose process is gone. */
  public static void removeLeftovers() {
    Path lock = BASE.resolve("gm-lab.lock");
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      Leftovers.removeOfTheDead();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RunId id() {
    return id;
  }

  /**
   * The cgroup of all programs of this lab: their CPU time together, and a parent to attach BPF
   * programs to.
   */
  public Cgroup cgroup() {
    return cgroup;
  }

  /** The node of the name; made at the first call, with wires to all nodes that are there. */
  public synchronized Node node(String name) {
    Node known = nodes.get(name);
    if (known != null) {
      return known;
    }
    if (nodes.size() == MAX_NODES) {
      throw new IllegalStateException("nodes: " + MAX_NODES + " (expected: no more)");
    }
    Node node = new Node(this, name, nodes.size() + 1);
    nodes.values().forEach(peer -> Node.wire(peer, node));
    nodes.put(name, node);
    if (dns != null) {
      dns.serve(node);
    }
    manifests.writeNodes();
    return node;
  }

  public synchronized List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  public synchronized List<Pod> pods() {
    return nodes.values().stream().flatMap(node -> node.pods().stream()).toList();
  }

  /** A service to be added; {@code namespacedName} is {@code <namespace>/<name>}. */
  public ServiceSpec service(String namespacedName) {
    return new ServiceSpec(this, namespacedName);
  }

  synchronized KubeService add(ServiceSpec spec) {
    List<String> ips =
        List.of(Addresses.service4(serviceSerial), Addresses.service6(serviceSerial));
    serviceSerial++;
    var service = new KubeService(spec.namespace, spec.name, ips, spec.selector, spec.ports);
    services.put(spec.namespace + "/" + spec.name, service);
    manifests.writeNamespace(spec.namespace);
    kubeProxy.update(nodes(), services(), pods());
    return service;
  }

  public synchronized List<KubeService> services() {
    return List.copyOf(services.values());
  }

  /** The YAML that tells a control plane of this lab. */
  public Manifests manifests() {
    return manifests;
  }

  /**
   * Makes every node translate service VIPs for the traffic it forwards or sends, as kube-proxy
   * does. Off until then: translation costs connection tracking.
   */
  public synchronized Lab withKubeProxy() {
    kubeProxy = KubeProxy.byNftables();
    kubeProxy.update(nodes(), services(), pods());
    return this;
  }

  /**
   * Makes every node answer DNS for the lab's services and pods at 169.254.20.10, and programs
   * started from now on ask there. Off until then: programs see the machine's own resolver.
   */
  public synchronized ClusterDns withDns() {
    if (dns == null) {
      dns = new ClusterDns(this);
      closedFirst.add(dns);
      nodes.values().forEach(dns::serve);
      pods().forEach(dns::configure);
    }
    return dns;
  }

  /** The lab's directory, or one below it, made when missing; removed with the lab. */
  public Path directory(String below) {
    try {
      return Files.createDirectories(directory.resolve(below));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Something to close before the lab's programs are killed. */
  public synchronized void closeFirst(AutoCloseable closeable) {
    closedFirst.add(closeable);
  }

  synchronized void added(Pod pod) {
    if (dns != null) {
      dns.configure(pod);
    }
    podsChanged(pod);
  }

  synchronized void podsChanged(Pod pod) {
    manifests.writeNamespace(pod.namespace());
    kubeProxy.update(nodes(), services(), pods());
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending; the hook removes the lab or has done so.
    }
    remove();
  }

  private synchronized void remove() {
    if (removed) {
      return;
    }
    removed = true;
    for (AutoCloseable closeable : closedFirst.reversed()) {
      try {
        closeable.close();
      } catch (Exception e) {
        // What it holds goes with the namespaces and the processes.
      }
    }
    Leftovers.remove(id);
  }
}
