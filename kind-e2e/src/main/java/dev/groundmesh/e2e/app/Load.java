package dev.groundmesh.e2e.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import java.time.Duration;

/** A pod that loads a server and counts what became of it, whatever becomes of the API server. */
public record Load(App app) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /**
   * What became of the requests so far.
   *
   * @param open connections that are kept
   * @param reasons of the failures, with their counts
   */
  public record Tally(long ok, long failed, long open, long slowestMillis, String reasons) {}

  /** GETs at a rate a second, each over a connection of its own. */
  public static Load http(Workload workload, String url, int rate) {
    return new Load(workload.args("load", "http", url, String.valueOf(rate)).start()).underWay();
  }

  /** Such GETs, 20 a second, to the server of a pod. */
  public static Load of(Workload workload, App server) {
    return http(workload, "http://" + server.ip() + ":8080/", 20);
  }

  /** Connections that are kept, each used ten times a second. */
  public static Load hold(Workload workload, String target, int connections) {
    return new Load(workload.args("load", "hold", target, String.valueOf(connections)).start())
        .underWay();
  }

  private Load underWay() {
    awaitMore(1);
    return this;
  }

  /** What became of the requests so far. */
  public Tally tally() {
    String last = app.log().lines().filter(Load::isWhole).reduce("", (a, b) -> b);
    if (last.isEmpty()) {
      return new Tally(0, 0, 0, 0, "{}");
    }
    try {
      JsonNode tally = JSON.readTree(last);
      return new Tally(
          tally.path("ok").asLong(),
          tally.path("failed").asLong(),
          tally.path("open").asLong(),
          tally.path("slowest_ms").asLong(),
          tally.path("reasons").toString());
    } catch (JsonProcessingException e) {
      throw new AssertionError("log line of " + app.name() + ": " + last, e);
    }
  }

  /** The last line may still be on its way. */
  private static boolean isWhole(String line) {
    return line.startsWith("{") && line.endsWith("}}");
  }

  /** Waits until so many more requests have succeeded. */
  public Tally awaitMore(long requests) {
    long goal = tally().ok() + requests;
    Await.until(
        requests + " more requests of " + app.name(),
        LIMIT,
        () -> {
          Tally tally = tally();
          return new Seen(tally.ok() >= goal, tally.toString());
        });
    return tally();
  }
}
