package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How one pod is captured: its namespace found, its listeners made, its traffic redirected. */
public interface PodCapturer {
  /**
   * Captures a pod. Blocks for the few system calls it takes; called on the enrolment thread.
   *
   * @param announced where the CNI has just made the pod's namespace; null: it is to be found
   * @throws IOException if the pod's namespace is not there (yet) or the kernel refuses; nothing of
   *     the attempt is left behind
   */
  CapturedPod capture(PodEnrolment enrolment, @Nullable Path announced) throws IOException;

  /**
   * Lets go of the pods that a predecessor captured and this agent has not: they left the mesh
   * meanwhile. Called on the enrolment thread.
   */
  void releaseInherited();

  /** A pod that is captured; used on the enrolment thread. */
  interface CapturedPod {
    /** The inode of its network namespace. */
    long netns();

    /** Whether its network namespace is still that of the pod. */
    boolean present();

    /**
     * Lets go: new connections of the pod go past the mesh, open ones keep flowing. Until {@link
     * #retire()} its peers' tunnels are still served, for they do not all know yet.
     *
     * @throws IOException if the kernel refuses; trying again is allowed
     */
    void release() throws IOException;

    /** Takes no new connection. */
    void retire();

    /** Whether none of its connections is open, nor a tunnel in which a peer may open one. */
    boolean idle();

    /** Ends what is open and closes everything that holds the pod's namespace. */
    void tearDown();
  }
}
