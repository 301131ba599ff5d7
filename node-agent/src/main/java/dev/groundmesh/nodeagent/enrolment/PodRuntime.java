package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;

/** What knows the network namespaces of the node's pods. */
public interface PodRuntime {
  /**
   * Opens the pod's network namespace; the caller closes it.
   *
   * @throws IOException if the pod has none, yet or any more
   */
  NetnsHandle netnsOf(PodEnrolment enrolment) throws IOException;
}
