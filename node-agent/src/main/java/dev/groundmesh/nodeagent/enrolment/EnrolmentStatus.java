package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import org.jspecify.annotations.Nullable;

/**
 * How far the capture of a pod is.
 *
 * @param enrolment what was asked for
 * @param state whether it is done
 * @param failures attempts that failed since the last success
 * @param lastError why the last one failed; null without
 */
public record EnrolmentStatus(
    PodEnrolment enrolment, State state, int failures, @Nullable String lastError) {
  /** The states of a capture, by the words of {@code ambient.istio.io/redirection}. */
  public enum State {
    /** Not captured yet; being tried. */
    PENDING,
    /** Captured. */
    ENABLED
  }
}
