package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.auth.AdminToken;
import dev.groundmesh.controller.ca.CaStateStore;
import dev.groundmesh.controller.state.StateException;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Secret {@code groundmesh-ca}: the state of the certificate authority and the admin token,
 * shared by all replicas. Every write names the version that it replaces, so that the API server
 * refuses it if another replica was quicker.
 */
public final class CaSecret implements CaStateStore {

  /** The Secret's name. */
  public static final String NAME = "groundmesh-ca";

  static final String TYPE = "groundmesh.dev/certificate-authority";

  private static final String STATE = "ca.json";
  private static final String ADMIN_TOKEN = "admin-token";

  private final KubernetesClient client;
  private final String namespace;
  private final SecureRandom random;

  public CaSecret(KubernetesClient client, String namespace, SecureRandom random) {
    this.client = client;
    this.namespace = namespace;
    this.random = random;
  }

  @Override
  public Optional<Stored> read() throws StateException {
    return Optional.ofNullable(get()).map(secret -> stored(secret));
  }

  private static Stored stored(Secret secret) {
    return new Stored(text(secret, STATE), secret.getMetadata().getResourceVersion());
  }

  @Override
  public Optional<Stored> write(String text, @Nullable String expected) throws StateException {
    return expected == null
        ? create(text)
        : replace(Map.of(STATE, text), expected).map(secret -> stored(secret));
  }

  /** What a rotation must be asked with: whoever may read the Secret may also rotate. */
  public String adminToken() throws StateException {
    Secret secret = get();
    if (secret == null) {
      throw new StateException(place(), "none (expected: to be made by the controller)", null);
    }
    String token = text(secret, ADMIN_TOKEN).strip();
    if (!token.isEmpty()) {
      return token;
    }
    String made = AdminToken.make(random);
    if (replace(Map.of(ADMIN_TOKEN, made), secret.getMetadata().getResourceVersion()).isEmpty()) {
      throw new StateException(place(), "changed meanwhile (expected: to be asked again)", null);
    }
    return made;
  }

  @Override
  public String place() {
    return "Secret " + namespace + '/' + NAME;
  }

  private @Nullable Secret get() throws StateException {
    try {
      return secret().get();
    } catch (KubernetesClientException e) {
      throw new StateException(place(), "cannot be read: " + ApiServer.reason(e), e);
    }
  }

  private Optional<Stored> create(String text) throws StateException {
    Map<String, String> data = new HashMap<>();
    data.put(STATE, encode(text));
    data.put(ADMIN_TOKEN, encode(AdminToken.make(random)));
    Secret made =
        new SecretBuilder().withMetadata(metadata(null)).withType(TYPE).withData(data).build();
    try {
      return Optional.of(stored(client.secrets().inNamespace(namespace).resource(made).create()));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return Optional.empty();
      }
      throw new StateException(place(), "cannot be made: " + ApiServer.reason(e), e);
    }
  }

  private Optional<Secret> replace(Map<String, String> texts, String expected)
      throws StateException {
    Secret current = get();
    if (current == null || !current.getMetadata().getResourceVersion().equals(expected)) {
      return Optional.empty();
    }
    Map<String, String> data =
        current.getData() == null ? new HashMap<>() : new HashMap<>(current.getData());
    texts.forEach((key, text) -> data.put(key, encode(text)));
    Secret next = new SecretBuilder(current).withData(data).build();
    try {
      // The version read goes with it: the API server refuses to replace any other.
      return Optional.of(client.secrets().inNamespace(namespace).resource(next).update());
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw new StateException(place(), "cannot be written: " + ApiServer.reason(e), e);
    }
  }

  private ObjectMeta metadata(@Nullable String version) {
    ObjectMeta metadata = new ObjectMeta();
    metadata.setNamespace(namespace);
    metadata.setName(NAME);
    metadata.setResourceVersion(version);
    metadata.setLabels(Map.of("app.kubernetes.io/part-of", "groundmesh"));
    return metadata;
  }

  private Resource<Secret> secret() {
    return client.secrets().inNamespace(namespace).withName(NAME);
  }

  private static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** One entry as text; empty where there is none, or none that is base64. */
  static String text(Secret secret, String key) {
    Map<String, String> data = secret.getData();
    String encoded = data == null ? null : data.get(key);
    return encoded == null
        ? ""
        : new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
  }
}
