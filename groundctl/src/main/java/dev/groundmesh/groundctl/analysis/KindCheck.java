package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.Kind;
import java.util.Map;
import java.util.TreeMap;

/** Kinds that other meshes act on and this one does not, or not in this version of theirs. */
final class KindCheck implements Check {
  private static final String AT_L7 = "nothing at L7: connections are not looked into";
  private static final Map<String, String> WITHOUT_EFFECT =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("networking.istio.io/VirtualService", AT_L7),
              Map.entry("networking.istio.io/DestinationRule", AT_L7),
              Map.entry("networking.istio.io/Gateway", "an ingress of its own"),
              Map.entry("networking.istio.io/Sidecar", "no such object: there are no sidecars"),
              Map.entry("networking.istio.io/EnvoyFilter", "no such object: there is no Envoy"),
              Map.entry("networking.istio.io/ProxyConfig", "no such object: there is no Envoy"),
              Map.entry("networking.istio.io/WorkloadGroup", "WorkloadEntry"),
              Map.entry("extensions.istio.io/WasmPlugin", AT_L7),
              Map.entry("telemetry.istio.io/Telemetry", "the agents' own settings"),
              Map.entry("gateway.networking.k8s.io/HTTPRoute", AT_L7),
              Map.entry("gateway.networking.k8s.io/GRPCRoute", AT_L7),
              Map.entry("gateway.networking.k8s.io/TLSRoute", AT_L7),
              Map.entry("gateway.networking.k8s.io/TCPRoute", AT_L7)));

  @Override
  public void run(World world, Findings findings) {
    for (SourceObject source : world.sources()) {
      String kind = source.ref().group() + '/' + source.ref().kind();
      String expected = WITHOUT_EFFECT.get(kind);
      if (expected != null) {
        findings.add(
            FindingCode.KIND_WITHOUT_EFFECT, source, "kind", source.ref().kind(), expected);
      } else if (kind.equals("security.istio.io/RequestAuthentication")) {
        findings.add(
            FindingCode.REQUEST_AUTHENTICATION_WITHOUT_EFFECT,
            source,
            "kind",
            source.ref().kind(),
            "tokens to be checked by the application, or by an ingress before it");
      } else {
        version(source, findings);
      }
    }
  }

  private static void version(SourceObject source, Findings findings) {
    for (Kind kind : Kind.values()) {
      if (kind.text().equals(source.ref().kind())
          && kind.group().equals(source.ref().group())
          && Kind.of(source.apiVersion(), kind.text()).isEmpty()) {
        findings.add(
            FindingCode.OBJECT_INVALID,
            source,
            "apiVersion",
            source.apiVersion(),
            "a version of " + String.join(", ", kind.versions()));
      }
    }
  }
}
