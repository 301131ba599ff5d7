package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import org.jspecify.annotations.Nullable;

/**
 * How far the capture of a pod is.
 *
 * @param enrolment what was asked for, with the addresses that are captured
 * @param state whether it is done
 * @param failures attempts that failed since the last success; at first none of those of a pod
 *     whose namespace went away, for most probably the pod ends
 * @param lastError why the last one failed; null without
 * @param netns the inode of the captured network namespace; 0 without
 */
public record EnrolmentStatus(
    PodEnrolment enrolment, State state, int failures, @Nullable String lastError, long netns) {
  /**
   * Attempts that fail before it counts as failed: a pod that is being born or deleted has no
   * namespace for a moment. With the pauses between them some three seconds.
   */
  static final int TOLERATED_FAILURES = 5;

  /** The states of a capture, by the words of {@code ambient.istio.io/redirection}. */
  public enum State {
    /** Not captured yet; being tried. */
    PENDING,
    /** Captured. */
    ENABLED
  }

  /** Whether it has failed for longer than the birth or the end of a pod takes. */
  public boolean failed() {
    return state == State.PENDING && failures > TOLERATED_FAILURES;
  }
}
