package dev.groundmesh.nodeagent.controlplane;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.proto.enrolment.PodRedirection;
import dev.groundmesh.meshapi.proto.enrolment.PodRedirection.State;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is reported of the pods of a node. Pure. */
public final class PodRedirections {
  private PodRedirections() {}

  /**
   * How it stands with every pod.
   *
   * @param pods of the node, in the mesh or not
   * @param captures of those that are in the mesh and have an address
   */
  public static List<PodRedirection> of(
      Collection<PodEnrolment> pods, Collection<EnrolmentStatus> captures) {
    Map<String, PodRedirection> all = new LinkedHashMap<>();
    for (PodEnrolment pod : pods) {
      if (!pod.enrolled()) {
        all.put(pod.workloadUid(), redirection(pod, State.DISABLED).build());
      }
    }
    for (EnrolmentStatus status : captures) {
      all.put(status.enrolment().workloadUid(), redirection(status));
    }
    return List.copyOf(all.values());
  }

  private static PodRedirection redirection(EnrolmentStatus status) {
    PodEnrolment pod = status.enrolment();
    if (status.state() == EnrolmentStatus.State.ENABLED) {
      PodRedirection.Builder enabled = redirection(pod, State.ENABLED).setNetns(status.netns());
      for (IpAddress address : pod.addresses()) {
        enabled.addAddresses(ByteString.copyFrom(address.toBytes()));
      }
      return enabled.build();
    }
    if (!status.failed()) {
      return redirection(pod, State.PENDING).build();
    }
    String error = status.lastError();
    return redirection(pod, State.FAILED)
        .setReason(ReasonCode.ENROLMENT_FAILED.code())
        .setMessage(error == null ? "" : error)
        .build();
  }

  private static PodRedirection.Builder redirection(PodEnrolment pod, State state) {
    return PodRedirection.newBuilder()
        .setWorkloadUid(pod.workloadUid())
        .setRuntimeId(pod.runtimeId())
        .setState(state);
  }
}
