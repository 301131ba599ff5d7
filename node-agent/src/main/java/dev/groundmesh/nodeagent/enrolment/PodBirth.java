package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.IpAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * A new sandbox of a pod, as the CNI made it.
 *
 * @param runtimeId of the pod's enrolment: its UID
 * @param netns where the network namespace is
 * @param addresses that the pod was given; at least one
 */
public record PodBirth(String runtimeId, Path netns, List<IpAddress> addresses) {
  public PodBirth {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("addresses: [] (expected: at least one of the pod)");
    }
  }
}
