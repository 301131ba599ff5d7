package dev.groundmesh.nodeagent.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.groundmesh.nodeagent.explain.Explanation;
import dev.groundmesh.nodeagent.log.Log;
import dev.groundmesh.nodeagent.telemetry.AgentMetrics;
import dev.groundmesh.nodeagent.telemetry.Telemetry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the admin pages on localhost, the metrics and the readiness of one agent. Each request has
 * a virtual thread of its own, and each port a bound on its connections and on the time of a
 * request, so that a slow or hostile client holds up nobody else.
 */
public final class AdminServer implements AutoCloseable {
  private static final int BACKLOG = 64;

  static {
    // The JDK's server reads its limits once, from system properties: seconds, and connections a
    // server.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "60");
    System.setProperty("jdk.httpserver.maxConnections", "256");
  }

  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(
          request -> Thread.ofVirtual().name("admin").unstarted(request));
  private final List<HttpServer> servers = new ArrayList<>();
  private final AdminView view;
  private final Telemetry telemetry;
  private final AgentMetrics metrics;
  private final Log log;

  public AdminServer(AdminView view, Telemetry telemetry, AgentMetrics metrics, Log log) {
    this.view = view;
    this.telemetry = telemetry;
    this.metrics = metrics;
    this.log = log;
  }

  /**
   * Opens the ports.
   *
   * @param adminPort on localhost only; 0 for any
   * @param metricsPort on {@code address}
   * @param readinessPort on {@code address}
   * @return the ports in force, in that order
   * @throws IOException naming the port that cannot be had
   */
  public List<Integer> start(InetAddress address, int adminPort, int metricsPort, int readinessPort)
      throws IOException {
    return List.of(
        open(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), adminPort),
            List.of(
                new Route("/config_dump", "GET", this::configDump),
                new Route("/connections", "GET", this::connections),
                new Route("/explain", "GET", this::explain),
                new Route("/logging", "GET POST", this::logging),
                new Route("/quitquitquit", "POST", this::quit))),
        open(
            new InetSocketAddress(address, metricsPort),
            List.of(
                new Route("/metrics", "GET", this::metrics),
                new Route("/stats/prometheus", "GET", this::metrics))),
        open(
            new InetSocketAddress(address, readinessPort),
            List.of(new Route("/healthz/ready", "GET", this::ready))));
  }

  private record Route(String path, String methods, HttpEndpoint.Page page) {}

  private int open(InetSocketAddress address, List<Route> routes) throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(address, BACKLOG);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    for (Route route : routes) {
      server.createContext(
          route.path(), new HttpEndpoint(route.path(), route.methods(), route.page()));
    }
    String index =
        String.join("\n", routes.stream().map(r -> r.methods() + " " + r.path()).toList());
    server.createContext(
        "/", new HttpEndpoint("/", "GET", request -> HttpEndpoint.Answer.text(200, index)));
    server.setExecutor(executor);
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  private HttpEndpoint.Answer configDump(HttpExchange request) {
    return new HttpEndpoint.Answer(
        200, HttpEndpoint.JSON, out -> new ConfigDump(view, telemetry).writeTo(out));
  }

  private HttpEndpoint.Answer connections(HttpExchange request) {
    return new HttpEndpoint.Answer(
        200, HttpEndpoint.JSON, out -> ConnectionList.write(telemetry.liveConnections(), out));
  }

  private HttpEndpoint.Answer metrics(HttpExchange request) {
    return new HttpEndpoint.Answer(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        out -> out.write(metrics.scrape().getBytes(StandardCharsets.UTF_8)));
  }

  private HttpEndpoint.Answer ready(HttpExchange request) {
    List<String> reasons = view.notReadyBecause();
    return reasons.isEmpty()
        ? HttpEndpoint.Answer.text(200, "ready")
        : HttpEndpoint.Answer.text(503, "not ready: " + String.join("; ", reasons));
  }

  /**
   * {@code level=debug} sets all levels, {@code level=info,access=debug} single ones, {@code
   * access=debug} adds one.
   */
  private HttpEndpoint.Answer logging(HttpExchange request) {
    String query = request.getRequestURI().getRawQuery();
    if (request.getRequestMethod().equals("POST") && query != null) {
      for (String parameter : query.split("&", -1)) {
        String text = URLDecoder.decode(parameter, StandardCharsets.UTF_8);
        log.levels()
            .set(
                text.startsWith("level=")
                    ? text.substring("level=".length())
                    : log.levels() + "," + text);
      }
    }
    return HttpEndpoint.Answer.text(200, "current log level is " + log.levels());
  }

  /** {@code ?from=shop/frontend&to=shop/catalog&port=80}. */
  private HttpEndpoint.Answer explain(HttpExchange request) {
    Map<String, String> parameters = new HashMap<>();
    String query = request.getRequestURI().getRawQuery();
    for (String parameter : query == null ? new String[0] : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals > 0) {
        parameters.put(
            parameter.substring(0, equals),
            URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    String port = parameters.getOrDefault("port", "");
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
    Explanation explanation =
        view.explain(
            parameters.getOrDefault("from", ""),
            parameters.getOrDefault("to", ""),
            Integer.parseInt(port));
    return new HttpEndpoint.Answer(
        200, HttpEndpoint.JSON, out -> ExplanationJson.write(explanation, out));
  }

  private HttpEndpoint.Answer quit(HttpExchange request) {
    view.shutDown();
    return HttpEndpoint.Answer.text(200, "shutting down");
  }

  /** Closes the ports; requests under way are cut. */
  @Override
  public void close() {
    servers.forEach(server -> server.stop(0));
    executor.shutdownNow();
  }
}
