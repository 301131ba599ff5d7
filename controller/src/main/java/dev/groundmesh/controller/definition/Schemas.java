package dev.groundmesh.controller.definition;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.ServiceEntry;

/** What each kind's spec and status may hold. The readers' tests hold both to one another. */
final class Schemas {

  private Schemas() {}

  static Schema spec(Kind kind) {
    return switch (kind) {
      case AUTHORIZATION_POLICY -> authorizationPolicy();
      case PEER_AUTHENTICATION -> peerAuthentication();
      case SERVICE_ENTRY -> serviceEntry();
      case WORKLOAD_ENTRY -> workload().described("Where the workload is, and who it is.");
      case GATEWAY -> gateway();
      case GATEWAY_CLASS ->
          Schema.object().required("controllerName").field("controllerName", Schema.string());
      case NAMESPACE, NODE, SERVICE_ACCOUNT, SERVICE, ENDPOINT_SLICE, POD ->
          throw new IllegalArgumentException(kind + " (expected: a kind that is not Kubernetes')");
    };
  }

  static Schema status(Kind kind) {
    Schema condition =
        Schema.object()
            .required("type", "status")
            .fields(Schema.string(), "type", "status", "reason", "message")
            .fields(Schema.time(), "lastTransitionTime", "lastProbeTime")
            .field("observedGeneration", Schema.count());
    Schema status =
        Schema.object()
            .field("conditions", Schema.list(condition))
            .field("observedGeneration", Schema.count());
    return switch (kind) {
      case SERVICE_ENTRY ->
          status.field("addresses", addresses(Schema.object().fields(Schema.string(), "host")));
      case GATEWAY ->
          status.field("addresses", addresses(Schema.object().fields(Schema.string(), "type")));
      default -> status;
    };
  }

  private static Schema addresses(Schema address) {
    return Schema.list(address.required("value").field("value", Schema.string()));
  }

  private static Schema selector() {
    return Schema.object()
        .described("The workloads it is for, by their labels; none: all of the namespace.")
        .field("matchLabels", Schema.map(Schema.string()));
  }

  private static Schema authorizationPolicy() {
    Schema target =
        Schema.object()
            .required("kind", "name")
            .fields(Schema.string(), "group", "kind", "name", "namespace");
    Schema source =
        Schema.object()
            .fields(Schema.strings(), "principals", "notPrincipals")
            .fields(Schema.strings(), "namespaces", "notNamespaces")
            .fields(Schema.strings(), "serviceAccounts", "notServiceAccounts")
            .fields(Schema.strings(), "ipBlocks", "notIpBlocks")
            .fields(Schema.strings(), "remoteIpBlocks", "notRemoteIpBlocks")
            .fields(Schema.strings(), "requestPrincipals", "notRequestPrincipals")
            .fields(Schema.strings(), "trustDomains", "notTrustDomains");
    Schema operation =
        Schema.object()
            .fields(Schema.strings(), "ports", "notPorts")
            .fields(Schema.strings(), "hosts", "notHosts")
            .fields(Schema.strings(), "methods", "notMethods")
            .fields(Schema.strings(), "paths", "notPaths");
    Schema when =
        Schema.object()
            .required("key")
            .field("key", Schema.string())
            .fields(Schema.strings(), "values", "notValues");
    Schema rule =
        Schema.object()
            .field("from", Schema.list(Schema.object().field("source", source)))
            .field("to", Schema.list(Schema.object().field("operation", operation)))
            .field("when", Schema.list(when));
    return Schema.object()
        .described("Who may talk to whom.")
        .field("selector", selector())
        .field("targetRef", target)
        .field("targetRefs", Schema.list(target))
        .field("action", Schema.oneOf(AuthorizationPolicy.Action.class))
        .field("provider", Schema.object().field("name", Schema.string()))
        .field("rules", Schema.list(rule));
  }

  private static Schema peerAuthentication() {
    Schema mtls = Schema.object().field("mode", Schema.oneOf(PeerAuthentication.Mode.class));
    return Schema.object()
        .described("Whether workloads take plaintext.")
        .field("selector", selector())
        .field("mtls", mtls)
        .field("portLevelMtls", Schema.map(mtls));
  }

  private static Schema serviceEntry() {
    Schema port =
        Schema.object()
            .required("number", "name")
            .fields(Schema.string(), "name", "protocol")
            .fields(Schema.port(), "number", "targetPort");
    return Schema.object()
        .described("A service outside the cluster, or one that Kubernetes does not know of.")
        .required("hosts")
        .fields(Schema.strings(), "hosts", "addresses", "exportTo", "subjectAltNames")
        .field("ports", Schema.list(port))
        .field("location", Schema.oneOf(Location.class))
        .field("resolution", Schema.oneOf(ServiceEntry.Resolution.class))
        .field("endpoints", Schema.list(workload()))
        .field("workloadSelector", Schema.object().field("labels", Schema.map(Schema.string())));
  }

  /** Istio's; the mesh does not read it, as it routes by where a service is found. */
  private enum Location {
    MESH_EXTERNAL,
    MESH_INTERNAL
  }

  private static Schema workload() {
    return Schema.object()
        .fields(Schema.string(), "address", "network", "locality", "serviceAccount")
        .field("ports", Schema.map(Schema.port()))
        .field("labels", Schema.map(Schema.string()))
        .field("weight", Schema.integer(0, Integer.MAX_VALUE));
  }

  private static Schema gateway() {
    Schema expression =
        Schema.object()
            .required("key", "operator")
            .fields(Schema.string(), "key", "operator")
            .field("values", Schema.strings());
    Schema namespaces =
        Schema.object()
            .field("from", Schema.string())
            .field(
                "selector",
                Schema.object()
                    .field("matchLabels", Schema.map(Schema.string()))
                    .field("matchExpressions", Schema.list(expression)));
    Schema listener =
        Schema.object()
            .required("name", "port", "protocol")
            .fields(Schema.string(), "name", "protocol")
            .field("port", Schema.port())
            .field("allowedRoutes", Schema.object().field("namespaces", namespaces));
    return Schema.object()
        .required("gatewayClassName", "listeners")
        .field("gatewayClassName", Schema.string())
        .field("listeners", Schema.list(listener));
  }
}
