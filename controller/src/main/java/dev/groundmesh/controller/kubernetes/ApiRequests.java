package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Plain requests to the API server over a client's connections and credentials. Thread-safe. Calls
 * block; an interrupt ends them. Nothing is tried twice: callers know what a repetition means.
 */
public final class ApiRequests {

  static final String JSON = "application/json";

  public static final String MERGE_PATCH = "application/merge-patch+json";

  /** A merge that knows which lists are keyed, and by what; of built-in kinds only. */
  public static final String STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SHOWN_ERROR_BYTES = 64 << 10;

  private final HttpClient http;
  private final URI root;
  private final Duration patience;
  private final ObjectMapper mapper = new ObjectMapper();

  /** The client stays the caller's, to be closed later. */
  public ApiRequests(KubernetesClient client) {
    this(client, PATIENCE);
  }

  /** Requests that wait so long for an answer to begin. */
  ApiRequests(KubernetesClient client, Duration patience) {
    this.patience = patience;
    this.http =
        client
            .getHttpClient()
            .newBuilder()
            .tag(new RequestConfigBuilder().withRequestRetryBackoffLimit(0).build())
            .build();
    this.root = URI.create(client.getMasterUrl().toString());
  }

  /** The answer's body as it comes; to be closed by the caller. */
  InputStream stream(String path) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = await(request(path).build(), path);
    if (!response.isSuccessful()) {
      throw refusal("GET " + path, response);
    }
    return response.body();
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    try (InputStream body = stream(path)) {
      return mapper.readTree(body);
    }
  }

  /**
   * Sends a body.
   *
   * @param method {@code POST}, {@code PUT} or {@code PATCH}
   */
  public JsonNode send(String method, String path, String contentType, JsonNode body)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path).method(method, contentType, mapper.writeValueAsString(body)).build();
    HttpResponse<InputStream> response = await(request, path);
    if (!response.isSuccessful()) {
      throw refusal(method + ' ' + path, response);
    }
    try (InputStream answer = response.body()) {
      return mapper.readTree(answer);
    }
  }

  ObjectMapper mapper() {
    return mapper;
  }

  private HttpRequest.Builder request(String path) {
    return http.newHttpRequestBuilder()
        .uri(root.resolve(path))
        .header("Accept", "application/json")
        .timeout(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private HttpResponse<InputStream> await(HttpRequest request, String path)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<InputStream>> future =
        http.sendAsync(request, InputStream.class);
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw new IOException(path + ": " + e.getCause(), e.getCause());
    }
  }

  private ApiException refusal(String request, HttpResponse<InputStream> response)
      throws IOException {
    String said;
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(SHOWN_ERROR_BYTES);
      said = mapper.readTree(bytes).path("message").asText();
    } catch (JsonProcessingException e) {
      said = response.message();
    }
    return new ApiException(request, response.code(), said);
  }
}
