package dev.groundmesh.meshapi.wire;

import org.jspecify.annotations.Nullable;

/** The types of resource that an agent subscribes to by delta ADS. */
public enum ResourceType {
  /** Workloads and services; named by uid, or {@code <namespace>/<hostname>}. */
  ADDRESS("type.googleapis.com/istio.workload.Address"),
  /** L4 authorization policies; named {@code <namespace>/<name>}. */
  AUTHORIZATION("type.googleapis.com/istio.security.Authorization"),
  /** The pods of the agent's own node, in the mesh or not; named by the workload's uid. */
  POD_ENROLMENT("type.googleapis.com/groundmesh.enrolment.PodEnrolment"),
  /** Whether the pods of a namespace are in the mesh; named by the namespace. */
  NAMESPACE_ENROLMENT("type.googleapis.com/groundmesh.enrolment.NamespaceEnrolment");

  private final String typeUrl;

  ResourceType(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  public String typeUrl() {
    return typeUrl;
  }

  public static @Nullable ResourceType fromTypeUrl(String typeUrl) {
    for (ResourceType type : values()) {
      if (type.typeUrl.equals(typeUrl)) {
        return type;
      }
    }
    return null;
  }
}
