package dev.groundmesh.groundctl.mesh;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A page on the localhost of a pod, reached as {@code kubectl port-forward} does: through the API
 * server and the pod's kubelet, with the user's own rights. The forward is opened at the first
 * question.
 */
final class ForwardedPage implements AdminPage, AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final KubernetesClient client;
  private final HttpClient http;
  private final String namespace;
  private final String pod;
  private final int port;
  private @Nullable LocalPortForward forward;

  ForwardedPage(KubernetesClient client, HttpClient http, String namespace, String pod, int port) {
    this.client = client;
    this.http = http;
    this.namespace = namespace;
    this.pod = pod;
    this.port = port;
  }

  @Override
  public String send(String method, String path, @Nullable String bearer) {
    try {
      URI uri = URI.create("http://127.0.0.1:" + localPort() + path);
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri)
              .timeout(LIMIT)
              .method(method, HttpRequest.BodyPublishers.noBody());
      if (bearer != null) {
        request.header("Authorization", "Bearer " + bearer);
      }
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new MeshException(
            this + path + ": " + answer.statusCode() + ' ' + answer.body().strip(), null);
      }
      return answer.body();
    } catch (IOException e) {
      throw new MeshException(this + path + ": " + because(e), e);
    } catch (KubernetesClientException e) {
      throw new MeshException(this + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeshException(this + path + ": interrupted", e);
    }
  }

  /** What the forward met says more than that the connection to it was cut. */
  private synchronized String because(IOException met) {
    if (forward != null && !forward.getServerThrowables().isEmpty()) {
      return String.valueOf(forward.getServerThrowables().iterator().next().getMessage());
    }
    return String.valueOf(met.getMessage());
  }

  private synchronized int localPort() {
    if (forward == null || !forward.isAlive()) {
      forward = client.pods().inNamespace(namespace).withName(pod).portForward(port);
    }
    return forward.getLocalPort();
  }

  @Override
  public synchronized void close() {
    if (forward != null) {
      try {
        forward.close();
      } catch (IOException e) {
        // The process is about to end, and the forward with it.
      }
      forward = null;
    }
  }

  @Override
  public String toString() {
    return "pod " + namespace + '/' + pod + " port " + port;
  }
}
