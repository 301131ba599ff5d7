package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.status.Condition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Warnings that {@code kubectl describe} shows with an object. The same warning of the same object
 * is one event, whichever replica writes it and however often; the sum of all is bounded. Confined
 * to the thread that writes statuses.
 */
final class Events {

  /** What Kubernetes takes. */
  private static final int LONGEST_MESSAGE = 1024;

  private static final int LONGEST_NAME = 253;
  private static final Duration REPEAT = Duration.ofMinutes(10);
  private static final int REMEMBERED = 4096;
  private static final double BURST = 100;
  private static final double PER_SECOND = 5;

  /** Reasons of conditions that are as the user wants it. */
  private static final Set<String> GOOD = Set.of("Accepted", "WaypointAccepted");

  private final ApiRequests api;
  private final Clock clock;
  private final MetricRegistry metrics;
  private final Map<String, Instant> written =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > REMEMBERED;
        }
      };

  private double allowance = BURST;
  private Instant allowanceAt;

  Events(ApiRequests api, Clock clock, MetricRegistry metrics) {
    this.api = api;
    this.clock = clock;
    this.metrics = metrics;
    this.allowanceAt = clock.instant();
  }

  /** Whether a condition is something that the object's author should be warned of. */
  static boolean isWarning(Condition condition) {
    return !condition.status() || !GOOD.contains(condition.reason());
  }

  /**
   * Warns of a condition, unless that was done lately.
   *
   * @param apiVersion and {@code uid} of the object
   */
  void warn(ObjectKey key, String apiVersion, String uid, Condition condition)
      throws IOException, InterruptedException {
    String name = name(key, uid, condition);
    Instant now = clock.instant();
    Instant last = written.get(name);
    if (last != null && now.isBefore(last.plus(REPEAT))) {
      return;
    }
    if (!allowed(now)) {
      dropped();
      return;
    }
    String namespace = key.namespace().isEmpty() ? "default" : key.namespace();
    String collection = "/api/v1/namespaces/" + namespace + "/events";
    try {
      api.send(
          "POST",
          collection,
          ApiRequests.JSON,
          event(name, namespace, key, apiVersion, uid, condition, now));
    } catch (ApiException e) {
      if (e.isAboutTheObject()) {
        // A namespace that is going away takes no events, but the statuses of what is left in it.
        dropped();
      } else if (e.code() == ApiException.CONFLICT) {
        repeat(collection + '/' + name, now);
      } else {
        throw e;
      }
    }
    written.remove(name);
    written.put(name, now);
  }

  private void dropped() {
    metrics
        .counter(
            "groundmesh_events_dropped_total",
            "Events not written, as there were too many or they were refused.")
        .increment();
  }

  private boolean allowed(Instant now) {
    double passed = Duration.between(allowanceAt, now).toNanos() / 1e9;
    allowance = Math.min(BURST, allowance + Math.max(0, passed) * PER_SECOND);
    allowanceAt = now;
    if (allowance < 1) {
      return false;
    }
    allowance--;
    return true;
  }

  /** Another replica, or this one in another life, has written it before. */
  private void repeat(String path, Instant now) throws IOException, InterruptedException {
    ObjectNode patch = api.mapper().createObjectNode();
    patch.put("lastTimestamp", seconds(now));
    api.send("PATCH", path, ApiRequests.MERGE_PATCH, patch);
  }

  private ObjectNode event(
      String name,
      String namespace,
      ObjectKey key,
      String apiVersion,
      String uid,
      Condition condition,
      Instant now) {
    ObjectNode event = api.mapper().createObjectNode();
    event.put("apiVersion", "v1").put("kind", "Event");
    event.putObject("metadata").put("name", name).put("namespace", namespace);
    ObjectNode about = event.putObject("involvedObject");
    about.put("apiVersion", apiVersion).put("kind", key.kind().text());
    about.put("name", key.name()).put("uid", uid);
    if (!key.namespace().isEmpty()) {
      about.put("namespace", key.namespace());
    }
    String message = condition.type() + ": " + condition.message();
    event.put("type", "Warning").put("reason", condition.reason());
    event.put(
        "message",
        message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE));
    event.put("firstTimestamp", seconds(now)).put("lastTimestamp", seconds(now)).put("count", 1);
    event.putObject("source").put("component", "groundmesh-controller");
    event.put("reportingComponent", "groundmesh.dev/controller");
    return event;
  }

  private static String name(ObjectKey key, String uid, Condition condition) {
    CRC32 hash = new CRC32();
    hash.update(
        String.join("\n", uid, condition.type(), condition.reason(), condition.message())
            .getBytes(StandardCharsets.UTF_8));
    String suffix = "." + Long.toHexString(hash.getValue());
    int room = LONGEST_NAME - suffix.length();
    return (key.name().length() <= room ? key.name() : key.name().substring(0, room)) + suffix;
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
