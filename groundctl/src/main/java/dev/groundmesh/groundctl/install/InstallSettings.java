package dev.groundmesh.groundctl.install;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What an installation may choose; the rest is as in the manifests.
 *
 * @param namespace the mesh's root namespace, where everything is put
 * @param registry put before the images' names; empty: none
 * @param tag of the images; empty: that of this groundctl
 * @param replicas of the controller, at least 1
 * @param trustDomain of SPIFFE identities
 * @param clusterId the cluster in workload uids and metrics
 * @param network of the cluster's pods; empty: the default network
 * @param failMode {@code closed} or {@code open}
 * @param excludedNamespaces never enrolled, beside the root namespace
 * @param besideIstio whether names that are Istio's are left to it
 */
public record InstallSettings(
    String namespace,
    String registry,
    String tag,
    int replicas,
    String trustDomain,
    String clusterId,
    String network,
    String failMode,
    List<String> excludedNamespaces,
    boolean besideIstio) {
  /** What the manifests say. */
  public static final InstallSettings DEFAULTS =
      new InstallSettings(
          "istio-system",
          "",
          "",
          2,
          "cluster.local",
          "Kubernetes",
          "",
          "closed",
          List.of("kube-system"),
          false);

  private static final JsonMapper JSON = new JsonMapper();

  /** Copies the list. */
  public InstallSettings {
    excludedNamespaces = List.copyOf(excludedNamespaces);
  }

  /** The same, beside an Istio or not. */
  public InstallSettings besideIstio(boolean isBeside) {
    return new InstallSettings(
        namespace,
        registry,
        tag,
        replicas,
        trustDomain,
        clusterId,
        network,
        failMode,
        excludedNamespaces,
        isBeside);
  }

  /** As one line of JSON, for the annotation that an upgrade reads. */
  String toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("registry", registry);
    root.put("tag", tag);
    root.put("replicas", replicas);
    root.put("trustDomain", trustDomain);
    root.put("clusterId", clusterId);
    root.put("network", network);
    root.put("failMode", failMode);
    root.put("besideIstio", besideIstio);
    excludedNamespaces.forEach(root.putArray("excludedNamespaces")::add);
    return root.toString();
  }

  /**
   * The reverse of {@link #toJson}; what is missing or strange is as by default.
   *
   * @param namespace where the annotation was found
   */
  static InstallSettings fromJson(String namespace, String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      root = JsonNodeFactory.instance.objectNode();
    }
    List<String> excluded = new ArrayList<>();
    root.path("excludedNamespaces").forEach(one -> excluded.add(one.asText()));
    return new InstallSettings(
        namespace,
        root.path("registry").asText(DEFAULTS.registry),
        root.path("tag").asText(DEFAULTS.tag),
        root.path("replicas").asInt(DEFAULTS.replicas),
        root.path("trustDomain").asText(DEFAULTS.trustDomain),
        root.path("clusterId").asText(DEFAULTS.clusterId),
        root.path("network").asText(DEFAULTS.network),
        root.path("failMode").asText(DEFAULTS.failMode),
        root.has("excludedNamespaces") ? excluded : DEFAULTS.excludedNamespaces,
        root.path("besideIstio").asBoolean(DEFAULTS.besideIstio));
  }
}
