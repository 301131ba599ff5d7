package dev.groundmesh.e2e.app;

import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running pod of the test application. */
public record App(Place place, String name) {
  private static final int EXEC_LIMIT_SECONDS = 60;
  private static final int END_LIMIT_SECONDS = 60;
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

  /** What a command of the application answered. */
  public record Answer(int exit, String out, String err) {
    public boolean succeeded() {
      return exit == 0;
    }
  }

  /** Runs the application with these arguments in the pod. */
  public Answer run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var command = new ArrayList<>(List.of("/testapp"));
    command.addAll(List.of(arguments));
    try (ExecWatch exec =
        place
            .cluster()
            .client()
            .pods()
            .inNamespace(place.name())
            .withName(name)
            .inContainer(Workload.CONTAINER)
            .writingOutput(out)
            .writingError(err)
            .exec(command.toArray(String[]::new))) {
      int exit = exec.exitCode().get(EXEC_LIMIT_SECONDS, TimeUnit.SECONDS);
      return new Answer(
          exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(command + " in " + place.name() + "/" + name, e);
    }
  }

  /** GETs a URL once. */
  public Answer get(String url) {
    return run("get", url);
  }

  /**
   * Asks a URL until it answers: what kube-proxy or an agent knows of a service comes a moment
   * after its pods are ready.
   */
  public Answer awaitAnswer(String url) {
    var answers = new ArrayList<Answer>();
    Await.until(
        url + " from " + name,
        ANSWER_LIMIT,
        () -> {
          Answer answer = get(url);
          answers.add(answer);
          return new Seen(answer.succeeded(), answer.toString());
        });
    return answers.getLast();
  }

  public Pod pod() {
    return place.pod(name);
  }

  public String ip() {
    return pod().getStatus().getPodIP();
  }

  /** Its IPv6 address; of a pod that has addresses of both families. */
  public String ipv6() {
    return pod().getStatus().getPodIPs().stream()
        .map(PodIP::getIp)
        .filter(address -> address.contains(":"))
        .findFirst()
        .orElseThrow();
  }

  public String uid() {
    return pod().getMetadata().getUid();
  }

  /** The node that it runs on. */
  public ClusterNode node() {
    String node = pod().getSpec().getNodeName();
    return place.cluster().nodes().stream()
        .filter(candidate -> candidate.name().equals(node))
        .findFirst()
        .orElseThrow();
  }

  /** Ends it, and waits until it is gone. */
  public void end() {
    var pod = place.cluster().client().pods().inNamespace(place.name()).withName(name);
    pod.delete();
    pod.waitUntilCondition(Objects::isNull, END_LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  /** What the application wrote. */
  public String log() {
    return place.cluster().client().pods().inNamespace(place.name()).withName(name).getLog();
  }

  /** How often its container was started again. */
  public int restarts() {
    return pod().getStatus().getContainerStatuses().stream()
        .mapToInt(status -> status.getRestartCount())
        .sum();
  }
}
