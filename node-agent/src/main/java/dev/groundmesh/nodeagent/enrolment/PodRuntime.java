package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What knows the network namespaces of the node's pods. */
public interface PodRuntime {
  /**
   * Opens the pod's network namespace; the caller closes it.
   *
   * @param announced where the CNI has just made it, before the pod's first process; null if it did
   *     not say
   * @throws IOException if the pod has none, yet or any more, or none that is certain to be its own
   */
  NetnsHandle netnsOf(PodEnrolment enrolment, @Nullable Path announced) throws IOException;
}
