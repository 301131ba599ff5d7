package dev.groundmesh.controller.model;

import java.util.List;
import java.util.Optional;

/** The kinds of objects that the mesh reads. */
public enum Kind {
  NAMESPACE("Namespace", "namespaces", "", false, "v1"),
  NODE("Node", "nodes", "", false, "v1"),
  SERVICE_ACCOUNT("ServiceAccount", "serviceaccounts", "", true, "v1"),
  GATEWAY_CLASS(
      "GatewayClass", "gatewayclasses", "gateway.networking.k8s.io", false, "v1", "v1beta1"),
  GATEWAY("Gateway", "gateways", "gateway.networking.k8s.io", true, "v1", "v1beta1"),
  AUTHORIZATION_POLICY(
      "AuthorizationPolicy", "authorizationpolicies", "security.istio.io", true, "v1", "v1beta1"),
  PEER_AUTHENTICATION(
      "PeerAuthentication", "peerauthentications", "security.istio.io", true, "v1", "v1beta1"),
  SERVICE("Service", "services", "", true, "v1"),
  SERVICE_ENTRY(
      "ServiceEntry", "serviceentries", "networking.istio.io", true, "v1", "v1beta1", "v1alpha3"),
  ENDPOINT_SLICE("EndpointSlice", "endpointslices", "discovery.k8s.io", true, "v1", "v1beta1"),
  WORKLOAD_ENTRY(
      "WorkloadEntry", "workloadentries", "networking.istio.io", true, "v1", "v1beta1", "v1alpha3"),
  POD("Pod", "pods", "", true, "v1");

  private final String text;
  private final String plural;
  private final String group;
  private final boolean namespaced;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> versions;

  Kind(String text, String plural, String group, boolean namespaced, String... versions) {
    this.text = text;
    this.plural = plural;
    this.group = group;
    this.namespaced = namespaced;
    this.versions = List.of(versions);
  }

  /** The {@code kind} field of a manifest. */
  public String text() {
    return text;
  }

  /** The name in the paths of the API, and in roles. */
  public String plural() {
    return plural;
  }

  /** The versions that are read, the preferred one first; all have the same fields. */
  public List<String> versions() {
    return versions;
  }

  /** The API group; empty for Kubernetes' core. */
  public String group() {
    return group;
  }

  public boolean namespaced() {
    return namespaced;
  }

  /**
   * Which kind a manifest's {@code apiVersion} and {@code kind} name; empty for kinds that the mesh
   * does not read.
   */
  public static Optional<Kind> of(String apiVersion, String kind) {
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String version = apiVersion.substring(slash + 1);
    for (Kind candidate : values()) {
      if (candidate.text.equals(kind)
          && candidate.group.equals(group)
          && candidate.versions.contains(version)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
