package dev.groundmesh.controller.compile;

/** The kinds of resources that agents subscribe to. */
public enum ResourceType {
  /** Workloads and services, {@code istio.workload.Address}. */
  ADDRESS("type.googleapis.com/istio.workload.Address"),
  /** L4 policies, {@code istio.security.Authorization}. */
  AUTHORIZATION("type.googleapis.com/istio.security.Authorization"),
  /** The pods of one node, in the mesh or not; seen by that node only. */
  POD_ENROLMENT("type.googleapis.com/groundmesh.enrolment.PodEnrolment"),
  /** Whether the pods of a namespace are in the mesh; seen by node agents only. */
  NAMESPACE_ENROLMENT("type.googleapis.com/groundmesh.enrolment.NamespaceEnrolment");

  private final String typeUrl;

  ResourceType(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  /** The type URL on the delta ADS stream, also that of the {@code Any}. */
  public String typeUrl() {
    return typeUrl;
  }
}
