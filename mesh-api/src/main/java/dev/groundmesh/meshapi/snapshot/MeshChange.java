package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.Workload;
import java.util.Set;

/**
 * What differs between two snapshots that follow each other.
 *
 * @param after the later one
 * @param workloads uids of workloads that came, changed or went
 * @param services keys of services that came, changed or went
 * @param globalPolicies whether a policy for the whole mesh came, changed or went
 * @param policyNamespaces namespaces with a namespace policy that came, changed or went
 * @param policies keys of all policies that came, changed or went
 * @param enrolments uids of workloads whose enrolment came, changed or went
 * @param namespaces names of namespaces whose enrolment came, changed or went
 */
public record MeshChange(
    MeshSnapshot after,
    Set<String> workloads,
    Set<NamespacedHostname> services,
    boolean globalPolicies,
    Set<String> policyNamespaces,
    Set<String> policies,
    Set<String> enrolments,
    Set<String> namespaces) {

  /**
   * True if a live connection to {@code destination} may now be decided otherwise, so that it has
   * to be authorized again.
   */
  public boolean affectsAuthorization(Workload destination) {
    if (globalPolicies
        || policyNamespaces.contains(destination.namespace())
        || workloads.contains(destination.uid())) {
      return true;
    }
    for (String policy : destination.authorizationPolicies()) {
      if (policies.contains(policy)) {
        return true;
      }
    }
    return false;
  }
}
