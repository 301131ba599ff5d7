package dev.groundmesh.controller.redirection;

import java.util.concurrent.CompletionStage;

/** Where the redirection of pods is recorded for others to see. Any thread. */
@FunctionalInterface
public interface RedirectionSink {

  /**
   * Records the redirection of a pod. Does not block.
   *
   * @return completes when it is recorded, or when the pod is gone so that there is nothing to
   *     record; fails when recording may succeed later
   */
  CompletionStage<?> record(PodRedirection redirection);
}
