package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.ca.PluggedFiles;
import dev.groundmesh.controller.state.StateException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The Secret {@code cacerts}, in which Istio's users plug in a CA of their own. */
public final class PluggedSecret implements PluggedFiles {

  /** The Secret's name. */
  public static final String NAME = "cacerts";

  private final KubernetesClient client;
  private final String namespace;

  public PluggedSecret(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  @Override
  public Optional<Map<String, String>> read() throws StateException {
    Secret secret;
    try {
      secret = client.secrets().inNamespace(namespace).withName(NAME).get();
    } catch (KubernetesClientException e) {
      throw new StateException(
          "Secret " + namespace + '/' + NAME, "cannot be read: " + ApiServer.reason(e), e);
    }
    if (secret == null) {
      return Optional.empty();
    }
    Map<String, String> files = new HashMap<>();
    if (secret.getData() != null) {
      secret.getData().keySet().forEach(name -> files.put(name, CaSecret.text(secret, name)));
    }
    return Optional.of(files);
  }
}
