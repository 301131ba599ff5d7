package dev.groundmesh.nodeagent.cni;

import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.enrolment.Enroller;
import dev.groundmesh.nodeagent.enrolment.Enroller.SuspendedException;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus;
import dev.groundmesh.nodeagent.enrolment.PodBirth;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whether a new pod may start: one in the mesh when its traffic is captured, one outside at once. A
 * pod that the controller has not told of yet is waited for; then its namespace decides, and where
 * that may be in the mesh the pod does not start. Methods block.
 */
public final class PodAdmission {
  /** The controller hears of a pod before the kubelet does, as a rule. */
  private static final Duration UNKNOWN_POD = Duration.ofSeconds(3);

  /** A pod may be in the mesh though its namespace is not. */
  private static final Duration UNKNOWN_POD_OUTSIDE = Duration.ofMillis(500);

  private static final Duration CAPTURE = Duration.ofSeconds(10);

  private final Set<String> excludedNamespaces;
  private final Enroller enroller;
  private final Function<String, @Nullable NamespaceEnrolment> namespaces;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  /**
   * @param excludedNamespaces whose pods are never in the mesh
   * @param namespaces what is known of a namespace; any thread
   */
  public PodAdmission(
      Set<String> excludedNamespaces,
      Enroller enroller,
      Function<String, @Nullable NamespaceEnrolment> namespaces) {
    this.excludedNamespaces = Set.copyOf(excludedNamespaces);
    this.enroller = enroller;
    this.namespaces = namespaces;
  }

  /** What is known of pods or namespaces has changed. Any thread. */
  public void changed() {
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Does what the plugin asks. */
  Answer answer(CniRequest request) throws InterruptedException {
    if (request.namespace().isEmpty() || excludedNamespaces.contains(request.namespace())) {
      return new Answer.Done();
    }
    try {
      return switch (request.command()) {
        case "ADD" -> add(request);
        case "CHECK" -> check(request);
        case "DEL" -> {
          enroller.died(request.podUid(), request.netnsPath());
          yield new Answer.Done();
        }
        default -> new Answer.Later("CNI_COMMAND: " + request.command() + " (expected: ADD)");
      };
    } catch (IOException e) {
      return new Answer.Later(String.valueOf(e.getMessage()));
    }
  }

  private Answer add(CniRequest request) throws IOException, InterruptedException {
    PodEnrolment pod = awaitPod(request);
    if (pod == null) {
      NamespaceEnrolment namespace = namespaces.apply(request.namespace());
      if (namespace != null && !namespace.ambient()) {
        return new Answer.Done();
      }
      return new Answer.Later(
          "Groundmesh: the controller has not told of pod "
              + request.pod()
              + (namespace == null ? ", nor of its namespace" : ", whose namespace is in the mesh")
              + ": it starts once it is known");
    }
    if (!pod.enrolled()) {
      return new Answer.Done();
    }
    if (request.addresses().isEmpty()) {
      throw new IOException("prevResult.ips: (none) (expected: the pod's addresses)");
    }
    return capture(request);
  }

  private Answer capture(CniRequest request) throws IOException, InterruptedException {
    PodBirth birth = new PodBirth(request.podUid(), request.netnsPath(), request.addresses());
    try {
      EnrolmentStatus _ = enroller.born(birth).get(CAPTURE.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer.Done();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SuspendedException) {
        return new Answer.Unanswered();
      }
      return new Answer.Later(
          "Groundmesh: pod "
              + request.pod()
              + " cannot be captured: "
              + String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()));
    } catch (TimeoutException e) {
      return new Answer.Later(
          "Groundmesh: pod "
              + request.pod()
              + " is not captured within "
              + CAPTURE.toSeconds()
              + " s");
    }
  }

  private Answer check(CniRequest request) {
    for (EnrolmentStatus status : enroller.status()) {
      if (status.enrolment().runtimeId().equals(request.podUid())
          && status.state() != EnrolmentStatus.State.ENABLED) {
        return new Answer.Later("Groundmesh: pod " + request.pod() + " is not captured");
      }
    }
    return new Answer.Done();
  }

  private @Nullable PodEnrolment awaitPod(CniRequest request) throws InterruptedException {
    long begun = System.nanoTime();
    lock.lock();
    try {
      while (true) {
        PodEnrolment pod = enroller.pod(request.podUid());
        NamespaceEnrolment namespace = namespaces.apply(request.namespace());
        boolean outside = namespace != null && !namespace.ambient();
        long patience = (outside ? UNKNOWN_POD_OUTSIDE : UNKNOWN_POD).toNanos();
        long left = patience - (System.nanoTime() - begun);
        if (pod != null || left <= 0) {
          return pod;
        }
        long _ = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
