package dev.groundmesh.controller.admission;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.groundmesh.controller.ca.ServerIdentity;
import dev.groundmesh.controller.http.HttpLimits;
import dev.groundmesh.controller.metrics.MetricRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the API server's {@code AdmissionReview} requests over HTTPS. It says something only of
 * what it understood to be wrong: a request that it cannot judge is allowed.
 */
public final class AdmissionServer implements AutoCloseable {

  /** Where requests are sent to. */
  public static final String PATH = "/validate";

  private static final Logger log = LoggerFactory.getLogger(AdmissionServer.class);

  /** Kubernetes stores no object above 1.5 MiB, and a request carries the old one beside it. */
  private static final int MAX_REQUEST_BYTES = 8 << 20;

  /** What Kubernetes shows of one warning. */
  private static final int MAX_WARNING = 256;

  private static final int MAX_WARNINGS = 10;
  private static final int MAX_ERRORS = 20;

  /** What is read at a time, and held of all requests together; bytes, and such pieces. */
  private static final int PIECE = 64 << 10;

  private static final int MAX_PIECES = 4 * MAX_REQUEST_BYTES / PIECE;

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(200)
                      .maxStringLength(MAX_REQUEST_BYTES)
                      .build())
              .build());

  private final HttpsServer http;
  private final ExecutorService threads;
  private final CurrentIdentity identity;
  private final ObjectValidation validation;
  private final MetricRegistry metrics;
  private final Semaphore room = new Semaphore(MAX_PIECES);

  private AdmissionServer(
      HttpsServer http,
      ExecutorService threads,
      CurrentIdentity identity,
      ObjectValidation validation,
      MetricRegistry metrics) {
    this.http = http;
    this.threads = threads;
    this.identity = identity;
    this.validation = validation;
    this.metrics = metrics;
  }

  /**
   * Binds; handshakes succeed once there is an identity to {@link #show}.
   *
   * @throws IOException if the address cannot be bound
   */
  public static AdmissionServer start(
      InetSocketAddress address, ObjectValidation validation, MetricRegistry metrics)
      throws IOException {
    CurrentIdentity identity = new CurrentIdentity();
    HttpLimits.set();
    HttpsServer http;
    try {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(new KeyManager[] {identity}, null, null);
      http = HttpsServer.create(address, 64);
      http.setHttpsConfigurator(new HttpsConfigurator(tls));
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException(
          "address: " + address + " (expected: one to listen on): " + e.getMessage(), e);
    }
    // Handshakes and requests are read on these: were there few, as many slow clients would keep
    // the API server out, and objects would be stored unjudged.
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("admission-", 0).factory());
    http.setExecutor(threads);
    AdmissionServer server = new AdmissionServer(http, threads, identity, validation, metrics);
    http.createContext(PATH, server::handle);
    http.start();
    return server;
  }

  /** From now on, handshakes are made with this certificate. */
  public void show(ServerIdentity next) {
    identity.show(next);
  }

  /** The port in use. */
  public int port() {
    return http.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Body body = new Body();
    try (exchange;
        body) {
      if (!exchange.getRequestMethod().equals("POST")) {
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_BAD_METHOD, -1);
        return;
      }
      JsonNode review = body.read(exchange) ? read(body.bytes()) : JSON.missingNode();
      if (review.path("request").path("uid").asText().isEmpty()) {
        count("unreadable");
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_BAD_REQUEST, -1);
        return;
      }
      byte[] answer = JSON.writeValueAsBytes(answer(review));
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (RuntimeException e) {
      // The API server takes the broken answer for none, and goes on without.
      log.error("admission review", e);
    }
  }

  /** The body of one request, and what it holds of the room that there is for all. */
  private final class Body implements AutoCloseable {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int pieces;

    /** Whether it was read whole: neither it nor all that are read together are too long. */
    boolean read(HttpExchange exchange) throws IOException {
      try (InputStream in = exchange.getRequestBody()) {
        while (bytes.size() <= MAX_REQUEST_BYTES && room.tryAcquire()) {
          pieces++;
          byte[] piece = in.readNBytes(PIECE);
          bytes.write(piece);
          if (piece.length < PIECE) {
            return bytes.size() <= MAX_REQUEST_BYTES;
          }
        }
        return false;
      }
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }

    @Override
    public void close() {
      room.release(pieces);
    }
  }

  private static JsonNode read(byte[] body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  private ObjectNode answer(JsonNode review) {
    JsonNode request = review.path("request");
    Verdict verdict = validation.judge(request);
    count(!verdict.allowed() ? "denied" : verdict.warnings().isEmpty() ? "allowed" : "warned");
    if (!verdict.allowed()) {
      log.info(
          "{} {}/{} refused: {}",
          request.path("kind").path("kind").asText(),
          request.path("namespace").asText(),
          request.path("name").asText(),
          String.join("; ", verdict.errors()));
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    ObjectNode response = answer.putObject("response");
    response.put("uid", request.path("uid").asText());
    response.put("allowed", verdict.allowed());
    if (!verdict.allowed()) {
      response
          .putObject("status")
          .put("code", 422)
          .put("reason", "Invalid")
          .put("message", message(verdict));
    }
    if (!verdict.warnings().isEmpty()) {
      ArrayNode warnings = response.putArray("warnings");
      verdict.warnings().stream()
          .limit(MAX_WARNINGS)
          .map(AdmissionServer::cut)
          .forEach(warnings::add);
    }
    return answer;
  }

  private static String message(Verdict verdict) {
    String shown = String.join("; ", verdict.errors().stream().limit(MAX_ERRORS).toList());
    int more = verdict.errors().size() - MAX_ERRORS;
    return more > 0 ? shown + "; and " + more + " more" : shown;
  }

  private static String cut(String warning) {
    byte[] bytes = warning.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= MAX_WARNING
        ? warning
        : warning.substring(0, Math.min(warning.length(), MAX_WARNING - 3)) + "...";
  }

  private void count(String result) {
    metrics
        .counter(
            "groundmesh_admission_reviews_total",
            "Objects judged before they were stored, by the outcome.",
            "result",
            result)
        .increment();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
