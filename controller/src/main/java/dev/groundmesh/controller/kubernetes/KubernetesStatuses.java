package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.controller.status.StatusSink;
import dev.groundmesh.controller.thread.Threads;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Statuses as conditions in the objects themselves, and warnings as events beside them.
 *
 * <p>The compile only notes what it wants said; a thread of its own, {@code statuses}, writes it
 * one object after another, as long as this replica leads. Of an object that changes faster than
 * that only the newest status is written. A new leader goes through all of them, and writes where
 * the object says something else.
 */
public final class KubernetesStatuses implements StatusSink, Leadership.Listener, AutoCloseable {

  /** The kinds whose status has conditions that we are one of the authors of. */
  private static final Set<Kind> WITH_CONDITIONS =
      EnumSet.of(
          Kind.SERVICE,
          Kind.SERVICE_ENTRY,
          Kind.WORKLOAD_ENTRY,
          Kind.AUTHORIZATION_POLICY,
          Kind.PEER_AUTHENTICATION);

  /** Objects of which there was something to say and is not any more, kept for a new leader. */
  private static final int REMEMBERED = 4096;

  private final ApiRequests api;
  private final ApiPaths paths;
  private final Events events;
  private final Leadership leadership;
  private final MetricRegistry metrics;
  private final Clock clock;
  private final Thread thread;

  private final Map<ObjectKey, ObjectStatus> wanted = new HashMap<>();
  private final PendingKeys unwritten;

  private KubernetesStatuses(
      KubernetesClient client, Leadership leadership, MetricRegistry metrics, Clock clock) {
    this.api = new ApiRequests(client);
    this.paths = new ApiPaths(api);
    this.events = new Events(api, clock, metrics);
    this.leadership = leadership;
    this.unwritten = new PendingKeys(leadership);
    this.metrics = metrics;
    this.clock = clock;
    this.thread =
        Thread.ofPlatform()
            .name("statuses")
            .daemon()
            .unstarted(
                new WriteLoop("status", unwritten, key -> write(key, wanted(key)), this::count));
    metrics.gauge(
        "groundmesh_status_waiting",
        "Objects whose status is not written yet, by the leader.",
        this::waiting);
  }

  /** The kinds whose status is written. */
  public static Set<Kind> kinds() {
    return Collections.unmodifiableSet(WITH_CONDITIONS);
  }

  /** Writes from now on, whenever this replica leads. The client stays the caller's. */
  public static KubernetesStatuses start(
      KubernetesClient client, Leadership leadership, MetricRegistry metrics, Clock clock) {
    KubernetesStatuses statuses = new KubernetesStatuses(client, leadership, metrics, clock);
    statuses.thread.start();
    leadership.listen(statuses);
    return statuses;
  }

  @Override
  public synchronized void statuses(
      Collection<ObjectStatus> changed, Collection<ObjectStatus> removed) {
    for (ObjectStatus status : changed) {
      key(status)
          .ifPresent(
              key -> {
                wanted.put(key, status);
                note(key);
              });
    }
    for (ObjectStatus status : removed) {
      key(status)
          .ifPresent(
              key -> {
                wanted.remove(key);
                note(key);
              });
    }
  }

  @Override
  public synchronized void gained() {
    unwritten.addAll(wanted.keySet());
  }

  @Override
  public synchronized void lost() {
    // What is not written now, the next leader will write.
    unwritten.removeIf(wanted::containsKey);
  }

  private void note(ObjectKey key) {
    unwritten.add(key);
    if (!leadership.isLeader()) {
      unwritten.forgetOldestBeyond(REMEMBERED);
    }
  }

  private static Optional<ObjectKey> key(ObjectStatus status) {
    for (Kind kind : KubernetesSource.kinds()) {
      if (kind.text().equals(status.kind())) {
        return Optional.of(new ObjectKey(kind, status.namespace(), status.name()));
      }
    }
    return Optional.empty();
  }

  private double waiting() {
    return leadership.isLeader() ? unwritten.size() : 0;
  }

  private synchronized @Nullable ObjectStatus wanted(ObjectKey key) {
    return wanted.get(key);
  }

  private void write(ObjectKey key, @Nullable ObjectStatus status)
      throws IOException, InterruptedException {
    List<Condition> conditions = status == null ? List.of() : status.conditions();
    boolean warns = conditions.stream().anyMatch(Events::isWarning);
    if (!WITH_CONDITIONS.contains(key.kind()) && !warns) {
      return;
    }
    Optional<String> path = paths.find(key);
    if (path.isEmpty()) {
      return;
    }
    JsonNode object = api.get(path.get());
    String uid = object.path("metadata").path("uid").asText();
    if (status != null && !status.uid().isEmpty() && !status.uid().equals(uid)) {
      // Another object by now, of which the compile will speak in its turn.
      return;
    }
    if (WITH_CONDITIONS.contains(key.kind())) {
      writeConditions(path.get(), key.kind(), object, conditions, status);
    }
    for (Condition condition : conditions) {
      if (Events.isWarning(condition)) {
        events.warn(key, object.path("apiVersion").asText(), uid, condition);
      }
    }
  }

  private void writeConditions(
      String path,
      Kind kind,
      JsonNode object,
      List<Condition> conditions,
      @Nullable ObjectStatus status)
      throws IOException, InterruptedException {
    long generation = status == null ? 0 : status.generation();
    JsonNode present = object.path("status").path("conditions");
    ArrayNode merged = Conditions.merge(present, conditions, generation, clock.instant());
    if (present.equals(merged) || (merged.isEmpty() && present.isEmpty())) {
      count("unchanged");
      return;
    }
    ObjectNode patch = api.mapper().createObjectNode();
    patch
        .putObject("metadata")
        .put("resourceVersion", object.path("metadata").path("resourceVersion").asText());
    ObjectNode body = patch.putObject("status");
    body.set("conditions", merged);
    if (generation > 0 && kind != Kind.SERVICE) {
      body.put("observedGeneration", generation);
    }
    api.send("PATCH", path + "/status", ApiRequests.MERGE_PATCH, patch);
    count("written");
  }

  private void count(String result) {
    metrics
        .counter(
            "groundmesh_status_writes_total",
            "Statuses of objects gone through, by what became of them.",
            "result",
            result)
        .increment();
  }

  /** Writes no more; what is being written is finished or given up. */
  @Override
  public void close() {
    Threads.end(thread);
  }
}
