package dev.groundmesh.controller.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.kubernetes.ApiException;
import dev.groundmesh.controller.kubernetes.ApiRequests;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.redirection.PodRedirection;
import dev.groundmesh.controller.redirection.RedirectionSink;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The redirection of pods in their annotation {@code ambient.istio.io/redirection}, and, where it
 * failed, in an event beside the pod. Writes are made on threads of its own; one for a pod that was
 * made anew meanwhile is refused by the API server, since it names the pod's UID.
 */
public final class PodAnnotations implements RedirectionSink, AutoCloseable {

  /** Where Istio's tools look for it. */
  public static final String REDIRECTION = "ambient.istio.io/redirection";

  private static final Logger log = LoggerFactory.getLogger(PodAnnotations.class);
  private static final JsonMapper JSON = new JsonMapper();
  private static final int THREADS = 8;
  private static final int MAX_WAITING = 20_000;
  private static final int MAX_REMEMBERED_EVENTS = 5_000;

  /** An event that says the same of the same pod is not written more often than this. */
  private static final Duration EVENT_INTERVAL = Duration.ofMinutes(5);

  private final KubernetesClient client;
  private final ApiRequests api;
  private final Clock clock;
  private final ThreadPoolExecutor threads;
  private final MetricRegistry.Counter writes;
  private final Map<String, Instant> events =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
              return size() > MAX_REMEMBERED_EVENTS;
            }
          });

  /** The client stays the caller's. */
  public PodAnnotations(KubernetesClient client, MetricRegistry metrics, Clock clock) {
    this.client = client;
    this.api = new ApiRequests(client);
    this.clock = clock;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            Thread.ofPlatform().name("pod-annotations-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
    this.writes =
        metrics.counter(
            "groundmesh_redirection_annotations_total",
            "Writes of the annotation that tells a pod's redirection.");
    metrics.gauge(
        "groundmesh_redirection_annotations_waiting",
        "Annotations that are to be written.",
        () -> threads.getQueue().size());
  }

  @Override
  public CompletionStage<?> record(PodRedirection redirection) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try {
              annotate(redirection);
              done.complete(null);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              done.completeExceptionally(e);
            } catch (IOException | RuntimeException e) {
              done.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(new IllegalStateException("too many annotations wait", e));
    }
    return done;
  }

  private void annotate(PodRedirection redirection) throws IOException, InterruptedException {
    String value =
        switch (redirection.state()) {
          case ENABLED -> "enabled";
          case PENDING, FAILED -> "pending";
          case DISABLED -> null;
        };
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    if (!redirection.uid().isEmpty()) {
      metadata.put("uid", redirection.uid());
    }
    metadata.putObject("annotations").put(REDIRECTION, value);
    try {
      api.send(
          "PATCH",
          "/api/v1/namespaces/"
              + redirection.namespace()
              + "/pods/"
              + redirection.name()
              + "/status",
          ApiRequests.MERGE_PATCH,
          patch);
      writes.increment();
    } catch (ApiException e) {
      if (e.code() == ApiException.NOT_FOUND || e.code() == ApiException.CONFLICT) {
        // The pod is gone, or another one by now, of which its agent will tell.
        return;
      }
      throw e;
    }
    if (redirection.state() == PodRedirection.State.FAILED) {
      warn(redirection);
    }
  }

  private void warn(PodRedirection redirection) {
    Instant now = clock.instant();
    String same = redirection.uid() + ' ' + redirection.reason();
    Instant last = events.put(same, now);
    if (last != null && now.isBefore(last.plus(EVENT_INTERVAL))) {
      events.put(same, last);
      return;
    }
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(redirection.namespace())
            .withGenerateName(redirection.name() + '.')
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion("v1")
            .withKind("Pod")
            .withNamespace(redirection.namespace())
            .withName(redirection.name())
            .withUid(redirection.uid())
            .endInvolvedObject()
            .withType("Warning")
            .withReason(redirection.reason().isEmpty() ? "NotRedirected" : redirection.reason())
            .withMessage(redirection.message())
            .withFirstTimestamp(time)
            .withLastTimestamp(time)
            .withCount(1)
            .withNewSource()
            .withComponent("groundmesh-controller")
            .withHost(redirection.node())
            .endSource()
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      events.remove(same);
      if (ApiServer.isGoingAway(e)) {
        return;
      }
      log.warn(
          "event for pod {}/{} cannot be written: {}",
          redirection.namespace(),
          redirection.name(),
          ApiServer.reason(e));
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
