package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.proto.enrolment.PodRedirection;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import dev.groundmesh.nodeagent.enrolment.Enroller;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an agent leaves its node for good, when the mesh is taken off the cluster: what another agent
 * would leave in force for its successor goes. Blocks; the thread that ends the agent.
 */
final class Departure {
  private static final Logger log = LoggerFactory.getLogger(Departure.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final Function<RedirectionReport, CompletableFuture<RedirectionReceipt>> report;
  private final NodeCni cni;
  private final Enroller enroller;
  private final Path stateDirectory;

  /**
   * @param report tells the controller once; does not block
   * @param stateDirectory what is kept of the mesh, keys among it
   */
  Departure(
      Function<RedirectionReport, CompletableFuture<RedirectionReceipt>> report,
      NodeCni cni,
      Enroller enroller,
      Path stateDirectory) {
    this.report = report;
    this.cni = cni;
    this.enroller = enroller;
    this.stateDirectory = stateDirectory;
  }

  /**
   * Whether the mesh is being taken off the cluster, which the controller knows. Without an answer
   * it is not: an agent that ends by itself must not open its pods.
   */
  boolean isDue() {
    try {
      return tell(RedirectionReport.newBuilder().setEnding(true)).getLeave();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("not known whether this node leaves the mesh, so it does not: {}", e.toString());
    }
    return false;
  }

  /** Lets go of the pods: new ones first, for nobody will answer for them; then those that run. */
  void release() {
    log.info("this node leaves the mesh: its pods are let go of");
    try {
      cni.remove();
    } catch (IOException e) {
      log.error("the CNI plugin is not removed: {}", e.getMessage(), e);
    }
    RedirectionReport.Builder released = RedirectionReport.newBuilder();
    enroller
        .pods()
        .forEach(
            pod ->
                released.addPods(
                    PodRedirection.newBuilder()
                        .setWorkloadUid(pod.workloadUid())
                        .setRuntimeId(pod.runtimeId())
                        .setState(PodRedirection.State.DISABLED)));
    enroller.release();
    try {
      var _ = tell(released);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("pods keep the annotation of their redirection: {}", e.toString());
    }
  }

  private RedirectionReceipt tell(RedirectionReport.Builder told)
      throws InterruptedException, ExecutionException, TimeoutException {
    return report.apply(told.build()).get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Deletes what the agent kept, when it has ended: keys above all must not stay behind. */
  void removeState() {
    try {
      NodeRemoval.empty(stateDirectory);
    } catch (IOException e) {
      log.warn("{} is not emptied: {}", stateDirectory, e.getMessage());
    }
  }
}
