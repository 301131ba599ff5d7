package dev.groundmesh.groundctl.mesh;

import dev.groundmesh.groundctl.kube.KubeContext;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A mesh in a cluster: its admin pages are on the localhost of the pods that it is made of. */
public final class ClusterAccess implements MeshAccess {
  /** The Service and Deployment of the controller. */
  public static final String CONTROLLER = "groundmesh-controller";

  /** The DaemonSet of the agents. */
  public static final String AGENT = "groundmesh-agent";

  private static final int CONTROLLER_ADMIN_PORT = 15014;
  private static final int AGENT_ADMIN_PORT = 15000;

  /** While an agent is replaced, a node has two: the one that serves, and the newer of them. */
  private static final Comparator<Pod> BEST_LAST =
      Comparator.comparing((Pod pod) -> pod.getMetadata().getDeletionTimestamp() == null)
          .thenComparing(Readiness::isPodReady)
          .thenComparing(pod -> pod.getMetadata().getCreationTimestamp());

  private final KubeContext context;
  private final String rootNamespace;
  private final KubernetesClient client;
  private final HttpClient http;
  private final List<ForwardedPage> opened = new ArrayList<>();
  private @Nullable SortedMap<String, AdminPage> controllers;
  private @Nullable SortedMap<String, AdminPage> agents;

  /**
   * @param rootNamespace where the mesh is installed
   */
  public ClusterAccess(KubeContext context, String rootNamespace) {
    this.context = context;
    this.rootNamespace = rootNamespace;
    this.client = context.connect();
    this.http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  }

  @Override
  public SortedMap<String, AdminPage> controllers() {
    if (controllers == null) {
      controllers = findControllers();
    }
    return controllers;
  }

  private SortedMap<String, AdminPage> findControllers() {
    Service service = client.services().inNamespace(rootNamespace).withName(CONTROLLER).get();
    if (service == null) {
      throw missing("Service " + CONTROLLER);
    }
    SortedMap<String, AdminPage> pages = new TreeMap<>();
    for (Pod pod : pods(service.getSpec().getSelector())) {
      if (Readiness.isPodReady(pod)) {
        String name = pod.getMetadata().getName();
        pages.put(name, page(name, CONTROLLER_ADMIN_PORT));
      }
    }
    if (pages.isEmpty()) {
      throw new MeshException(
          "Service "
              + rootNamespace
              + '/'
              + CONTROLLER
              + ": no ready pod (expected: at least one; see kubectl describe pod -n "
              + rootNamespace
              + ')',
          null);
    }
    return pages;
  }

  @Override
  public SortedMap<String, AdminPage> agents() {
    if (agents == null) {
      agents = findAgents();
    }
    return agents;
  }

  private SortedMap<String, AdminPage> findAgents() {
    DaemonSet daemonSet =
        client.apps().daemonSets().inNamespace(rootNamespace).withName(AGENT).get();
    if (daemonSet == null) {
      throw missing("DaemonSet " + AGENT);
    }
    SortedMap<String, AdminPage> pages = new TreeMap<>();
    pods(daemonSet.getSpec().getSelector().getMatchLabels()).stream()
        .filter(pod -> pod.getSpec().getNodeName() != null)
        .sorted(BEST_LAST)
        .forEach(
            pod ->
                pages.put(
                    pod.getSpec().getNodeName(),
                    page(pod.getMetadata().getName(), AGENT_ADMIN_PORT)));
    return pages;
  }

  private List<Pod> pods(Map<String, String> labels) {
    return client.pods().inNamespace(rootNamespace).withLabels(labels).list().getItems();
  }

  private AdminPage page(String pod, int port) {
    ForwardedPage page = new ForwardedPage(client, http, rootNamespace, pod, port);
    opened.add(page);
    return page;
  }

  private MeshException missing(String what) {
    return new MeshException(
        what
            + ": not in namespace "
            + rootNamespace
            + " of "
            + context
            + " (expected: an installed mesh; see groundctl install, or --root-namespace)",
        null);
  }

  @Override
  public void close() {
    opened.forEach(ForwardedPage::close);
    http.shutdownNow();
    client.close();
  }
}
