package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.source.ApiObjectReader;
import dev.groundmesh.controller.source.ReadObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps up with one kind: lists it, watches from there on, lists again where the API server does
 * not remember far enough back. Runs on a thread of its own until that is interrupted. What is
 * handed on is always a complete list or a change after one, so that no failure here looks like
 * objects being gone.
 */
final class KindWatch implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(KindWatch.class);

  /** A watch that lived shorter than this has not proved that all is well again. */
  private static final long PROVEN_NANOS = 1_000_000_000L;

  private final Kind kind;
  private final ApiRequests api;
  private final ApiPaths paths;
  private final PendingChanges pending;
  private final WatchSettings settings;
  private final WatchMetrics metrics;
  private final LongSupplier nanoTime;
  private final RandomGenerator random;

  private boolean present;
  private boolean listedOnce;
  private long absentSince;
  private int failures;
  private String version = "";
  private volatile @Nullable InputStream open;
  private volatile long heardAt;
  private volatile boolean connected;

  KindWatch(
      Kind kind,
      ApiRequests api,
      ApiPaths paths,
      PendingChanges pending,
      WatchSettings settings,
      WatchMetrics metrics,
      LongSupplier nanoTime,
      RandomGenerator random) {
    this.kind = kind;
    this.api = api;
    this.paths = paths;
    this.pending = pending;
    this.settings = settings;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
    this.random = random;
    this.heardAt = nanoTime.getAsLong();
    metrics.show(this);
  }

  Kind kind() {
    return kind;
  }

  /** Whether a watch is open; any thread. */
  boolean connected() {
    return connected;
  }

  /** How long the API server has said nothing about the kind; any thread. */
  double silentSeconds() {
    return (nanoTime.getAsLong() - heardAt) / 1e9;
  }

  /** Ends a list or watch that has been silent too long, to be asked for anew; any thread. */
  void endIfSilent() {
    InputStream stream = open;
    if (stream != null && silentSeconds() * 1e9 > settings.silence().toNanos()) {
      log.warn("{}: no word from the API server for {} s", kind.text(), (long) silentSeconds());
      try {
        stream.close();
      } catch (IOException e) {
        log.debug("{}: {}", kind.text(), e.toString());
      }
    }
  }

  @Override
  public void run() {
    try {
      while (true) {
        try {
          follow();
        } catch (IOException e) {
          failed(e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow() throws IOException, InterruptedException {
    Optional<String> path = paths.find(kind);
    if (path.isEmpty()) {
      absent();
      Thread.sleep(settings.absentRetry());
      return;
    }
    present = true;
    absentSince = 0;
    version = list(path.get());
    while (watch(path.get())) {
      // From where the last one ended.
    }
  }

  private void absent() {
    heardAt = nanoTime.getAsLong();
    if (!listedOnce) {
      listedOnce = true;
      log.info("{}: not a kind of this cluster yet", kind.text());
      pending.listed(kind, Map.of());
      return;
    }
    if (!present) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (absentSince == 0) {
      absentSince = now;
      log.warn("{}: not a kind of this cluster any more; its objects keep effect", kind.text());
    } else if (now - absentSince >= settings.absentGrace().toNanos()) {
      present = false;
      absentSince = 0;
      log.warn("{}: gone from this cluster, and its objects with it", kind.text());
      pending.listed(kind, Map.of());
    }
  }

  // ---------------------------------------------------------------- list

  /** Lists everything and returns the version from which to watch. */
  private String list(String path) throws IOException, InterruptedException {
    Map<ObjectKey, ReadObject> objects = new LinkedHashMap<>();
    Page page = page(path + "?limit=" + settings.pageSize(), objects);
    while (!page.next().isEmpty()) {
      try {
        page =
            page(
                path
                    + "?limit="
                    + settings.pageSize()
                    + "&continue="
                    + URLEncoder.encode(page.next(), StandardCharsets.UTF_8),
                objects);
      } catch (ApiException e) {
        if (e.code() != ApiException.GONE) {
          throw e;
        }
        // It took longer than the API server remembers: all in one piece then.
        objects.clear();
        page = page(path, objects);
      }
    }
    metrics.listed(kind);
    listedOnce = true;
    pending.listed(kind, objects);
    return page.version();
  }

  private record Page(String version, String next) {}

  private Page page(String path, Map<ObjectKey, ReadObject> into)
      throws IOException, InterruptedException {
    String listVersion = "";
    String next = "";
    boolean complete = false;
    try (InputStream body = hear(api.stream(path));
        JsonParser json = api.mapper().createParser(body)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "metadata" -> {
            JsonNode metadata = json.readValueAsTree();
            listVersion = metadata.path("resourceVersion").asText();
            next = metadata.path("continue").asText();
          }
          case "items" -> {
            // An empty list may be null.
            if (json.currentToken() == JsonToken.START_ARRAY) {
              while (json.nextToken() != JsonToken.END_ARRAY) {
                heardAt = nanoTime.getAsLong();
                read(json.readValueAsTree()).ifPresent(object -> into.put(object.key(), object));
              }
            }
          }
          default -> json.skipChildren();
        }
      }
      complete = json.currentToken() == JsonToken.END_OBJECT;
    } finally {
      open = null;
    }
    heardAt = nanoTime.getAsLong();
    if (!complete || listVersion.isEmpty()) {
      throw new IOException(path + ": an answer that breaks off (expected: a complete list)");
    }
    return new Page(listVersion, next);
  }

  /** From now on, the answer is ended when it falls silent. */
  private InputStream hear(InputStream answer) {
    heardAt = nanoTime.getAsLong();
    open = answer;
    return answer;
  }

  private Optional<ReadObject> read(JsonNode json) {
    Optional<ReadObject> read = ApiObjectReader.read(kind, json);
    if (read.isEmpty()) {
      log.error("{}: {} (expected: an object's metadata)", kind.text(), json.path("metadata"));
    }
    return read;
  }

  // ---------------------------------------------------------------- watch

  /** Watches from the version reached; returns whether to go on from there, or to list again. */
  private boolean watch(String path) throws IOException, InterruptedException {
    // Of a kind without changes the API server says nothing, not even by bookmarks: it is asked to
    // end the watch before its silence looks like that of a dead connection.
    int half = Math.max(1, (int) settings.silence().toSeconds() / 2);
    String from =
        path
            + "?watch=1&allowWatchBookmarks=true&timeoutSeconds="
            + (half + random.nextInt(half / 2 + 1))
            + "&resourceVersion="
            + URLEncoder.encode(version, StandardCharsets.UTF_8);
    long opened = nanoTime.getAsLong();
    try (InputStream body = hear(api.stream(from))) {
      connected = true;
      if (!takeAll(body)) {
        return false;
      }
    } catch (ApiException e) {
      if (e.code() == ApiException.GONE) {
        log.info("{}: version {} is not remembered; listing again", kind.text(), version);
        return false;
      }
      if (e.code() == ApiException.NOT_FOUND) {
        return false;
      }
      throw e;
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      failed(e);
      return true;
    } finally {
      open = null;
      connected = false;
    }
    if (nanoTime.getAsLong() - opened < PROVEN_NANOS) {
      failed(new IOException("the watch ended at once"));
    } else {
      proved();
    }
    return true;
  }

  /** Takes events until the stream ends; returns whether to go on from there. */
  private boolean takeAll(InputStream body) throws IOException {
    // Making a parser reads the first bytes, which may take until the first event.
    try (MappingIterator<JsonNode> events =
        api.mapper().readerFor(JsonNode.class).readValues(body)) {
      while (events.hasNextValue()) {
        JsonNode event = events.nextValue();
        heardAt = nanoTime.getAsLong();
        proved();
        if (!take(event.path("type").asText(), event.path("object"))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether to go on. */
  private boolean take(String type, JsonNode object) throws IOException {
    switch (type) {
      case "ADDED", "MODIFIED" -> read(object).ifPresent(pending::changed);
      case "DELETED" -> {
        JsonNode metadata = object.path("metadata");
        pending.removed(
            new ObjectKey(
                kind, metadata.path("namespace").asText(), metadata.path("name").asText()));
      }
      case "BOOKMARK" -> {
        // Only its version is of interest.
      }
      case "ERROR" -> {
        if (object.path("code").asInt() == ApiException.GONE) {
          log.info("{}: version {} is not remembered; listing again", kind.text(), version);
          return false;
        }
        throw new ApiException(
            "watch of " + kind.text(),
            object.path("code").asInt(),
            object.path("message").asText());
      }
      default -> log.warn("{}: event {} (expected: a known type)", kind.text(), type);
    }
    String reached = object.path("metadata").path("resourceVersion").asText();
    if (!reached.isEmpty()) {
      version = reached;
    }
    return true;
  }

  // ---------------------------------------------------------------- failures

  private void proved() {
    if (failures > 0) {
      log.info("{}: watched again after {} failures", kind.text(), failures);
      failures = 0;
    }
  }

  /** Tells of a failure and waits. */
  private void failed(IOException failure) throws InterruptedException {
    failures++;
    metrics.lost(kind);
    if (failures == 1 || failures % 20 == 0) {
      log.warn("{}: lost ({}); what is known keeps effect", kind.text(), failure.getMessage());
    }
    long pause = settings.retry().after(failures).toNanos();
    // All kinds fail at once when the API server does; they need not all come back at once.
    Thread.sleep(java.time.Duration.ofNanos(pause / 2 + random.nextLong(pause / 2 + 1)));
  }
}
