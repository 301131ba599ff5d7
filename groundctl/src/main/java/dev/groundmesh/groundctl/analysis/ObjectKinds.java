package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.groundctl.kube.ApiObjects.Resource;
import java.util.ArrayList;
import java.util.List;

/** The kinds that an analysis of a cluster looks at. */
public final class ObjectKinds {
  private ObjectKinds() {}

  /** Those that the mesh reads, and those beside them that the checks know. */
  public static List<Resource> all() {
    List<Resource> resources = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      if (kind != Kind.SERVICE_ACCOUNT) {
        resources.add(
            new Resource(
                kind.group(), kind.versions(), kind.text(), kind.plural(), kind.namespaced()));
      }
    }
    resources.add(beside("networking.k8s.io", "NetworkPolicy", "networkpolicies", "v1"));
    resources.add(beside("networking.k8s.io", "Ingress", "ingresses", "v1"));
    resources.add(
        beside(
            "security.istio.io",
            "RequestAuthentication",
            "requestauthentications",
            "v1",
            "v1beta1"));
    for (String[] kind :
        new String[][] {
          {"VirtualService", "virtualservices"},
          {"DestinationRule", "destinationrules"},
          {"Gateway", "gateways"},
          {"Sidecar", "sidecars"}
        }) {
      resources.add(beside("networking.istio.io", kind[0], kind[1], "v1", "v1beta1", "v1alpha3"));
    }
    resources.add(beside("networking.istio.io", "EnvoyFilter", "envoyfilters", "v1alpha3"));
    resources.add(
        beside("networking.istio.io", "WorkloadGroup", "workloadgroups", "v1", "v1beta1"));
    resources.add(beside("extensions.istio.io", "WasmPlugin", "wasmplugins", "v1alpha1"));
    resources.add(beside("telemetry.istio.io", "Telemetry", "telemetries", "v1", "v1alpha1"));
    resources.add(beside("gateway.networking.k8s.io", "HTTPRoute", "httproutes", "v1", "v1beta1"));
    resources.add(beside("gateway.networking.k8s.io", "GRPCRoute", "grpcroutes", "v1"));
    return resources;
  }

  private static Resource beside(String group, String kind, String plural, String... versions) {
    return new Resource(group, List.of(versions), kind, plural, true);
  }
}
