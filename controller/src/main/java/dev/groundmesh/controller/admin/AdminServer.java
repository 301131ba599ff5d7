package dev.groundmesh.controller.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.ca.CertificateAuthority.RefusedException;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.http.HttpLimits;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.controller.xds.AgentStatus;
import dev.groundmesh.controller.xds.DiscoveryService;
import dev.groundmesh.meshapi.proto.workload.Address;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin endpoint. {@code /metrics} and {@code /ready} answer everyone; {@code /debug/...} only
 * this machine; {@code /ca/rotate} only who also holds the admin token, which is in a file that the
 * owner of the state directory can read.
 */
public final class AdminServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final String JSON_TYPE = "application/json";

  /**
   * Rotates the root and makes the outcome known to the rest of the controller.
   *
   * @see CertificateAuthority#rotate
   */
  @FunctionalInterface
  public interface Rotation {
    String rotate(boolean force) throws RefusedException, StateException;
  }

  /** What a rotation must be asked with; may block. */
  @FunctionalInterface
  public interface Token {
    String get() throws StateException;
  }

  @FunctionalInterface
  private interface Page {
    void write(JsonGenerator json, CompiledResources resources) throws IOException;
  }

  private final HttpServer http;
  private final ExecutorService threads;
  private final DiscoveryService discovery;
  private final CertificateAuthority authority;
  private final Rotation rotation;
  private final Token adminToken;

  private AdminServer(
      HttpServer http,
      ExecutorService threads,
      DiscoveryService discovery,
      CertificateAuthority authority,
      Rotation rotation,
      Token adminToken) {
    this.http = http;
    this.threads = threads;
    this.discovery = discovery;
    this.authority = authority;
    this.rotation = rotation;
    this.adminToken = adminToken;
  }

  /**
   * Binds and serves.
   *
   * @param missing why the controller does not serve; empty if it does
   * @param adminToken what a rotation must be asked with
   * @throws IOException if the address cannot be bound
   */
  public static AdminServer start(
      InetSocketAddress address,
      DiscoveryService discovery,
      CertificateAuthority authority,
      MetricRegistry metrics,
      Supplier<String> missing,
      Rotation rotation,
      Token adminToken)
      throws IOException {
    HttpLimits.set();
    HttpServer http;
    try {
      http = HttpServer.create(address, 64);
    } catch (IOException e) {
      throw new IOException(
          "address: " + address + " (expected: one to listen on): " + e.getMessage(), e);
    }
    // A request is read on its thread: were there few, as many slow clients would hide /ready.
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("admin-", 0).factory());
    http.setExecutor(threads);
    AdminServer server = new AdminServer(http, threads, discovery, authority, rotation, adminToken);
    http.createContext(
        "/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
    http.createContext(
        "/ready",
        exchange -> {
          String why = missing.get();
          answer(
              exchange,
              why.isEmpty() ? 200 : 503,
              "text/plain",
              why.isEmpty() ? "ready\n" : "not ready: " + why + '\n');
        });
    server.page("/debug/agents", server::agents);
    server.page("/debug/workloads", (json, now) -> addresses(json, now, true));
    server.page("/debug/services", (json, now) -> addresses(json, now, false));
    server.page("/debug/policies", AdminServer::policies);
    server.page("/debug/enrolments", AdminServer::enrolments);
    server.page("/debug/status", AdminServer::statuses);
    server.page("/debug/ca", server::certificates);
    http.createContext("/ca/rotate", server::rotate);
    http.createContext("/", exchange -> answer(exchange, 404, JSON_TYPE, error("no such page")));
    http.start();
    return server;
  }

  /** The port in use. */
  public int port() {
    return http.getAddress().getPort();
  }

  private void page(String path, Page page) {
    http.createContext(
        path,
        exchange -> {
          if (!isLocal(exchange)) {
            answer(exchange, 403, JSON_TYPE, error("only for this machine"));
            return;
          }
          if (!exchange.getRequestMethod().equals("GET")) {
            answer(exchange, 405, JSON_TYPE, error("method (expected: GET)"));
            return;
          }
          try {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            try (JsonGenerator json = JSON.createGenerator(body)) {
              page.write(json, discovery.newest());
            }
            answer(exchange, 200, JSON_TYPE, body.toByteArray());
          } catch (IOException | RuntimeException e) {
            log.error("{}", path, e);
            exchange.close();
          }
        });
  }

  private void agents(JsonGenerator json, CompiledResources now) throws IOException {
    long nanos = System.nanoTime();
    json.writeStartObject();
    json.writeNumberField("revision", now.revision());
    json.writeArrayFieldStart("agents");
    for (AgentStatus agent : discovery.agents()) {
      json.writeStartObject();
      json.writeNumberField("id", agent.id());
      json.writeStringField("node", agent.node());
      json.writeStringField("account", agent.account());
      json.writeStringField("client", agent.client());
      json.writeStringField("peer", agent.peer());
      json.writeStringField("connectedSince", agent.connectedSince().toString());
      json.writeArrayFieldStart("types");
      for (AgentStatus.TypeStatus type : agent.types()) {
        type(json, type, now.revision(), nanos);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void type(JsonGenerator json, AgentStatus.TypeStatus type, long revision, long nanos)
      throws IOException {
    boolean waiting = type.waitingSinceNanos() != 0;
    boolean inSync = !waiting && type.sentRevision() >= revision;
    Optional<Long> published =
        inSync ? Optional.empty() : discovery.publishedNanosAfter(type.ackedRevision());
    long since = published.orElse(type.waitingSinceNanos());
    json.writeStartObject();
    json.writeStringField("type", type.type().typeUrl());
    json.writeBooleanField("wildcard", type.wildcard());
    json.writeNumberField("keys", type.keys());
    json.writeNumberField("sentRevision", type.sentRevision());
    json.writeNumberField("ackedRevision", type.ackedRevision());
    json.writeBooleanField("inSync", inSync);
    json.writeNumberField("lagMillis", inSync || since == 0 ? 0 : (nanos - since) / 1_000_000);
    json.writeNumberField("lastAckMillis", type.lastAckMillis());
    json.writeNumberField("nacks", type.nacks());
    json.writeStringField("lastNack", type.lastNack());
    json.writeBooleanField("refuses", type.refuses());
    json.writeEndObject();
  }

  private static void addresses(JsonGenerator json, CompiledResources now, boolean workloads)
      throws IOException {
    json.writeStartArray();
    for (CompiledResource resource : sorted(now.addresses())) {
      Address address = ResourceJson.address(resource);
      if (address.hasWorkload() && workloads) {
        ResourceJson.workload(json, resource, address.getWorkload());
      } else if (address.hasService() && !workloads) {
        ResourceJson.service(json, resource, address.getService());
      }
    }
    json.writeEndArray();
  }

  private static void policies(JsonGenerator json, CompiledResources now) throws IOException {
    json.writeStartArray();
    for (CompiledResource resource : sorted(now.authorizations())) {
      ResourceJson.policy(json, resource);
    }
    json.writeEndArray();
  }

  private static void enrolments(JsonGenerator json, CompiledResources now) throws IOException {
    json.writeStartArray();
    for (String node : new TreeSet<>(now.nodes())) {
      for (CompiledResource resource : sorted(now.enrolments(node))) {
        ResourceJson.enrolment(json, resource);
      }
    }
    json.writeEndArray();
  }

  private static List<CompiledResource> sorted(Collection<CompiledResource> resources) {
    return resources.stream().sorted(Comparator.comparing(CompiledResource::name)).toList();
  }

  private static void statuses(JsonGenerator json, CompiledResources now) throws IOException {
    json.writeStartArray();
    for (ObjectStatus status : now.statuses()) {
      json.writeStartObject();
      json.writeStringField("kind", status.kind());
      json.writeStringField("namespace", status.namespace());
      json.writeStringField("name", status.name());
      json.writeArrayFieldStart("conditions");
      for (Condition condition : status.conditions()) {
        json.writeStartObject();
        json.writeStringField("type", condition.type());
        json.writeStringField("status", condition.status() ? "True" : "False");
        json.writeStringField("reason", condition.reason());
        json.writeStringField("message", condition.message());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("addresses");
      for (String address : status.addresses()) {
        json.writeString(address);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void certificates(JsonGenerator json, CompiledResources now) throws IOException {
    json.writeStartObject();
    json.writeStringField("phase", authority.rotationPhase());
    json.writeStringField(
        "nextStepAfter", authority.nextRotationStepAfter().map(Object::toString).orElse(null));
    json.writeStringField("problem", authority.problem());
    if (authority.isReady()) {
      json.writeFieldName("signer");
      certificate(json, authority.signer());
      json.writeArrayFieldStart("roots");
      for (X509Certificate root : authority.roots()) {
        certificate(json, root);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void certificate(JsonGenerator json, X509Certificate certificate)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("subject", certificate.getSubjectX500Principal().getName());
    json.writeStringField("serialNumber", certificate.getSerialNumber().toString(16));
    json.writeStringField("notBefore", certificate.getNotBefore().toInstant().toString());
    json.writeStringField("notAfter", certificate.getNotAfter().toInstant().toString());
    json.writeEndObject();
  }

  private void rotate(HttpExchange exchange) throws IOException {
    if (!isLocal(exchange)) {
      answer(exchange, 403, JSON_TYPE, error("only for this machine"));
      return;
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      answer(exchange, 405, JSON_TYPE, error("method (expected: POST)"));
      return;
    }
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] token =
        authorization != null && authorization.startsWith("Bearer ")
            ? authorization.substring(7).strip().getBytes(StandardCharsets.UTF_8)
            : new byte[0];
    byte[] expected;
    try {
      expected = adminToken.get().getBytes(StandardCharsets.UTF_8);
    } catch (StateException e) {
      log.error("rotation: {}", e.getMessage());
      answer(exchange, 503, JSON_TYPE, error("the admin token cannot be read at present"));
      return;
    }
    if (!MessageDigest.isEqual(token, expected)) {
      log.warn("a rotation asked by {} without the admin token", exchange.getRemoteAddress());
      answer(exchange, 401, JSON_TYPE, error("authorization (expected: the admin token)"));
      return;
    }
    boolean force = "force=true".equals(exchange.getRequestURI().getQuery());
    try {
      String phase = rotation.rotate(force);
      answer(exchange, 200, JSON_TYPE, json(Map.of("phase", phase)));
    } catch (RefusedException e) {
      answer(exchange, 409, JSON_TYPE, error(String.valueOf(e.getMessage())));
    } catch (StateException e) {
      log.error("rotation: {}", e.getMessage());
      answer(exchange, 500, JSON_TYPE, error(String.valueOf(e.getMessage())));
    }
  }

  private static boolean isLocal(HttpExchange exchange) {
    return exchange.getRemoteAddress().getAddress().isLoopbackAddress();
  }

  private static byte[] error(String message) throws IOException {
    return json(Map.of("error", message));
  }

  private static byte[] json(Map<String, String> fields) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(body)) {
      json.writeStartObject();
      for (var field : fields.entrySet()) {
        json.writeStringField(field.getKey(), field.getValue());
      }
      json.writeEndObject();
    }
    return body.toByteArray();
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    answer(exchange, status, type, body.getBytes(StandardCharsets.UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
