package dev.groundmesh.groundctl.check;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.ClusterAccess;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What was found out of a cluster, objects as the API server writes them.
 *
 * @param version of the API server, such as {@code v1.35.8}
 * @param rootNamespace where the mesh is, or would be, installed
 * @param daemonSets of all namespaces
 * @param deployments of all namespaces
 * @param webhooks the configurations of all admission webhooks
 * @param podsOfTheMesh those of the root namespace
 * @param ciliumConfig the data of Cilium's ConfigMap; empty without Cilium
 * @param felixConfigurations Calico's
 * @param apiGroups served by the cluster, with their versions
 * @param missingRights what the user may not do, for each thing that the user may want to do
 * @param agents what each controller tells of its agents; empty: it could not be asked
 * @param pendingPods those that are to be in the mesh and that no agent has captured yet
 * @param unread what could not be read, and why
 */
public record ClusterFacts(
    String version,
    String rootNamespace,
    List<JsonNode> nodes,
    List<JsonNode> namespaces,
    List<JsonNode> daemonSets,
    List<JsonNode> deployments,
    List<JsonNode> webhooks,
    List<JsonNode> podsOfTheMesh,
    Map<String, String> ciliumConfig,
    List<JsonNode> felixConfigurations,
    Map<String, Set<String>> apiGroups,
    Map<String, List<String>> missingRights,
    Optional<Map<String, JsonNode>> agents,
    List<String> pendingPods,
    List<String> unread) {
  /** Whether there is a mesh, or a part of one. */
  public boolean isInstalled() {
    return ObjectFields.named(deployments, ClusterAccess.CONTROLLER).isPresent()
        || ObjectFields.named(daemonSets, ClusterAccess.AGENT).isPresent();
  }

  /** The image of the installed agents. */
  public Optional<String> agentImage() {
    return ObjectFields.named(daemonSets, ClusterAccess.AGENT).map(ObjectFields::image);
  }
}
