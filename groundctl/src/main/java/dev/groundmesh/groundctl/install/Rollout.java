package dev.groundmesh.groundctl.install;

import dev.groundmesh.groundctl.mesh.ClusterAccess;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits until controller and agents are up to date and ready, and says why they are not. */
public final class Rollout {
  private static final long POLL_MILLIS = 250;
  private static final int EVENTS = 5;

  private final KubernetesClient client;
  private final String namespace;

  public Rollout(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /**
   * How far it is.
   *
   * @param controllers ready replicas of the present version
   * @param agents ready agents of the present version
   */
  public record Progress(int controllers, int controllersWanted, int agents, int agentsWanted) {
    boolean done() {
      return controllers >= controllersWanted && agents >= agentsWanted && agentsWanted > 0;
    }

    @Override
    public String toString() {
      return "controller "
          + controllers
          + '/'
          + controllersWanted
          + " ready, agents "
          + agents
          + '/'
          + agentsWanted
          + " ready";
    }
  }

  /**
   * Waits.
   *
   * @param progress called whenever it changed
   * @return whether everything is ready
   */
  public boolean await(Duration limit, Consumer<Progress> progress) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Progress last = null;
    while (true) {
      Progress now = look();
      if (!now.equals(last)) {
        progress.accept(now);
        last = now;
      }
      if (now.done()) {
        return true;
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private Progress look() {
    Deployment controller =
        client.apps().deployments().inNamespace(namespace).withName(ClusterAccess.CONTROLLER).get();
    DaemonSet agent =
        client.apps().daemonSets().inNamespace(namespace).withName(ClusterAccess.AGENT).get();
    return new Progress(
        controller == null ? 0 : readyControllers(controller),
        controller == null ? 1 : controller.getSpec().getReplicas(),
        agent == null ? 0 : readyAgents(agent),
        agent == null ? 0 : number(agent.getStatus().getDesiredNumberScheduled()));
  }

  private static int readyControllers(Deployment controller) {
    DeploymentStatus status = controller.getStatus();
    boolean seen =
        Objects.equals(status.getObservedGeneration(), controller.getMetadata().getGeneration());
    return seen
        ? Math.min(number(status.getUpdatedReplicas()), number(status.getReadyReplicas()))
        : 0;
  }

  private static int readyAgents(DaemonSet agent) {
    DaemonSetStatus status = agent.getStatus();
    boolean seen =
        Objects.equals(status.getObservedGeneration(), agent.getMetadata().getGeneration());
    return seen
        ? Math.min(number(status.getUpdatedNumberScheduled()), number(status.getNumberReady()))
        : 0;
  }

  private static int number(@Nullable Integer value) {
    return value == null ? 0 : value;
  }

  /** What keeps pods from being ready, one line a pod and its last warnings. */
  public List<String> reasons() {
    List<String> reasons = new ArrayList<>();
    for (Pod pod :
        client
            .pods()
            .inNamespace(namespace)
            .withLabel(MeshManifests.PART_OF, MeshManifests.PROJECT)
            .list()
            .getItems()) {
      if (!Readiness.isPodReady(pod)) {
        reasons.add("pod " + pod.getMetadata().getName() + ": " + state(pod));
        warnings(pod).forEach(warning -> reasons.add("  " + warning));
      }
    }
    if (reasons.isEmpty()) {
      reasons.add(
          "no pod was made; see kubectl -n " + namespace + " describe deployment,daemonset");
    }
    return reasons;
  }

  private static String state(Pod pod) {
    List<String> states = new ArrayList<>();
    for (ContainerStatus status : pod.getStatus().getContainerStatuses()) {
      states.add(status.getName() + ' ' + state(status));
    }
    for (PodCondition condition : pod.getStatus().getConditions()) {
      if (condition.getType().equals("PodScheduled") && condition.getStatus().equals("False")) {
        states.add("not scheduled: " + condition.getMessage());
      }
    }
    return states.isEmpty() ? pod.getStatus().getPhase() : String.join("; ", states);
  }

  private static String state(ContainerStatus status) {
    ContainerState now = status.getState();
    if (now.getWaiting() != null) {
      String message = now.getWaiting().getMessage();
      return "waits: " + now.getWaiting().getReason() + (message == null ? "" : ": " + message);
    }
    if (now.getTerminated() != null) {
      return "ended with status " + now.getTerminated().getExitCode();
    }
    return "runs and is not ready, restarts=" + status.getRestartCount();
  }

  private List<String> warnings(Pod pod) {
    return client
        .v1()
        .events()
        .inNamespace(namespace)
        .withField("involvedObject.uid", pod.getMetadata().getUid())
        .withField("type", "Warning")
        .list()
        .getItems()
        .stream()
        .sorted(Comparator.comparing(Rollout::time).reversed())
        .limit(EVENTS)
        .map(event -> event.getReason() + ": " + event.getMessage())
        .toList();
  }

  private static String time(Event event) {
    return Objects.requireNonNullElse(
        event.getLastTimestamp(),
        Objects.requireNonNullElse(event.getMetadata().getCreationTimestamp(), ""));
  }
}
