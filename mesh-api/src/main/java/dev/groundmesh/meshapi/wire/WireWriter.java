package dev.groundmesh.meshapi.wire;

import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.workload.Address;

/** Writes records as the control plane's protos. Stateless, for any thread. */
@SuppressWarnings("DoNotCallSuggester")
public final class WireWriter {

  private WireWriter() {}

  public static Address address(Workload workload) {
    throw new UnsupportedOperationException(workload.uid());
  }

  public static Address address(Service service) {
    throw new UnsupportedOperationException(service.name());
  }

  public static Authorization authorization(AuthorizationPolicy policy) {
    throw new UnsupportedOperationException(policy.key());
  }

  public static dev.groundmesh.meshapi.proto.enrolment.PodEnrolment enrolment(
      PodEnrolment enrolment) {
    throw new UnsupportedOperationException(enrolment.workloadUid());
  }
}
