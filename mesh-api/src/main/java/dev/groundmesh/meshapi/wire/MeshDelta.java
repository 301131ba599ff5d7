package dev.groundmesh.meshapi.wire;

import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import java.util.List;

/**
 * What one response of the control plane changes. A resource that comes again replaces its former
 * self entirely.
 *
 * @param removed names that are gone, by their type; a name that was never known is no error
 */
public record MeshDelta(
    List<Update<Workload>> workloads,
    List<Update<Service>> services,
    List<Update<AuthorizationPolicy>> policies,
    List<Update<PodEnrolment>> enrolments,
    List<Update<NamespaceEnrolment>> namespaces,
    List<Removal> removed) {

  /**
   * A new or changed resource.
   *
   * @param version as the control plane gave it, opaque; "" if it gave none
   */
  public record Update<T>(T resource, String version) {}

  /**
   * A resource that is gone.
   *
   * @param name as the control plane named it
   */
  public record Removal(ResourceType type, String name) {}

  public MeshDelta {
    workloads = List.copyOf(workloads);
    services = List.copyOf(services);
    policies = List.copyOf(policies);
    enrolments = List.copyOf(enrolments);
    namespaces = List.copyOf(namespaces);
    removed = List.copyOf(removed);
  }
}
