package dev.groundmesh.controller.compile;

import java.util.Set;

/**
 * The settings that what agents are told depends on.
 *
 * @param clusterId first part of every workload uid
 * @param network the network of this cluster's pods; empty is the default network
 * @param trustDomain of SPIFFE identities
 * @param rootNamespace where policies apply to the whole mesh
 * @param clusterDomain suffix of service host names
 * @param excludedNamespaces never enrolled, whatever their labels say
 * @param denyWhatL4CannotMatch whether a DENY rule whose L7 attributes an L4 proxy cannot see
 *     denies everything the rest of the rule matches; false is Istio's behaviour, where a rule that
 *     is only L7 has no effect
 * @param allowDryRun whether policies annotated {@code istio.io/dry-run} are sent; else they are
 *     refused, as Istio does
 * @param refuseWithoutWaypoint whether traffic for what asks for a waypoint is refused while that
 *     waypoint is missing or not ready; false is Istio's behaviour, where it then goes past it
 * @param assignClusterIps whether a service that is not headless and has no cluster IP is given an
 *     automatic address; for folder mode, where no API server assigns one
 * @param pendingUntilRedirected whether pods are told as tunnel-capable only once annotated {@code
 *     ambient.istio.io/redirection: enabled}; false in folder mode, where nobody writes that
 *     annotation and the enrolment decision counts
 */
public record CompileSettings(
    String clusterId,
    String network,
    String trustDomain,
    String rootNamespace,
    String clusterDomain,
    Set<String> excludedNamespaces,
    boolean denyWhatL4CannotMatch,
    boolean allowDryRun,
    boolean refuseWithoutWaypoint,
    boolean assignClusterIps,
    boolean pendingUntilRedirected) {

  public CompileSettings {
    excludedNamespaces = Set.copyOf(excludedNamespaces);
  }

  /** Istio's defaults, for a folder of manifests. */
  public static CompileSettings folderDefaults() {
    return new CompileSettings(
        "Kubernetes",
        "",
        "cluster.local",
        "istio-system",
        "cluster.local",
        Set.of("kube-system", "istio-system"),
        true,
        false,
        true,
        true,
        false);
  }
}
