package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.groundmesh.controller.model.Kind;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Lists and watches as an API server answers them, and takes patches of statuses and new events,
 * with its failures at a test's command. It remembers every change until told to forget.
 */
final class FakeApiServer implements AutoCloseable {

  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Kind, NavigableMap<String, ObjectNode>> objects = new HashMap<>();
  private final List<Event> history = new ArrayList<>();
  private final Set<Kind> installed = EnumSet.allOf(Kind.class);
  private final Set<Kind> heldLists = EnumSet.noneOf(Kind.class);
  private final Map<String, ObjectNode> events = new TreeMap<>();
  private final List<String> requests = new ArrayList<>();
  private long version = 1;
  private long forgotten;
  private int cuts;
  private int patches;
  private boolean down;
  private String refused = "";

  private record Event(long version, Kind kind, String type, ObjectNode object) {}

  FakeApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .build())
        .build();
  }

  /** Creates or changes an object; {@code fields} are in JSON, beside its metadata. */
  synchronized void put(Kind kind, String namespace, String name, String fields) {
    try {
      ObjectNode object = (ObjectNode) mapper.readTree(fields);
      ObjectNode metadata = object.withObjectProperty("metadata");
      metadata.put("name", name);
      if (!namespace.isEmpty()) {
        metadata.put("namespace", namespace);
      }
      metadata.put("resourceVersion", Long.toString(++version));
      ObjectNode before = of(kind).put(namespace + '/' + name, object);
      history.add(new Event(version, kind, before == null ? "ADDED" : "MODIFIED", object));
      notifyAll();
    } catch (IOException e) {
      throw new IllegalArgumentException(fields, e);
    }
  }

  synchronized void delete(Kind kind, String namespace, String name) {
    ObjectNode object =
        Objects.requireNonNull(of(kind).remove(namespace + '/' + name), name).deepCopy();
    object.withObjectProperty("metadata").put("resourceVersion", Long.toString(++version));
    history.add(new Event(version, kind, "DELETED", object));
    notifyAll();
  }

  /** Forgets the changes up to now, as when etcd is compacted. */
  synchronized void forget() {
    forgotten = version;
  }

  /** Ends all watches without a word. */
  synchronized void cut() {
    cuts++;
    notifyAll();
  }

  /** Answers 503 to everything, or no longer. */
  synchronized void down(boolean isDown) {
    down = isDown;
    if (isDown) {
      cut();
    }
  }

  /** Forbids writes to paths that contain such a text. */
  synchronized void refuse(String text) {
    refused = text;
  }

  synchronized void install(Kind kind, boolean isInstalled) {
    if (isInstalled) {
      installed.add(kind);
    } else {
      installed.remove(kind);
      of(kind).clear();
      cut();
    }
  }

  /** Lets lists of a kind begin and never end, or end after all. */
  synchronized void hold(Kind kind, boolean isHeld) {
    if (isHeld) {
      heldLists.add(kind);
    } else {
      heldLists.remove(kind);
      notifyAll();
    }
  }

  /** How many requests there were whose path contains such a text. */
  synchronized long requests(String text) {
    return requests.stream().filter(request -> request.contains(text)).count();
  }

  private NavigableMap<String, ObjectNode> of(Kind kind) {
    return objects.computeIfAbsent(kind, k -> new TreeMap<>());
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
      synchronized (this) {
        requests.add(exchange.getRequestURI().toString());
        if (down) {
          status(exchange, 503, "down");
          return;
        }
      }
      for (Kind kind : Kind.values()) {
        if (path.equals(path(kind)) && isInstalled(kind)) {
          if (query.containsKey("watch")) {
            watch(exchange, kind, Long.parseLong(query.get("resourceVersion")));
          } else {
            list(exchange, kind, query);
          }
          return;
        }
      }
      if (!exchange.getRequestMethod().equals("GET")) {
        write(exchange, path);
        return;
      }
      if (!object(exchange, path)) {
        discovery(exchange, path);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Answers with one object, if the path is one's. */
  private synchronized boolean object(HttpExchange exchange, String path) throws IOException {
    for (Kind kind : installed) {
      for (Map.Entry<String, ObjectNode> object : of(kind).entrySet()) {
        if (path.equals(path(kind, object.getKey()))) {
          answer(exchange, 200, object.getValue());
          return true;
        }
      }
    }
    return false;
  }

  private synchronized void write(HttpExchange exchange, String path) throws IOException {
    ObjectNode body = (ObjectNode) mapper.readTree(exchange.getRequestBody());
    if (!refused.isEmpty() && path.contains(refused)) {
      status(exchange, 403, "because it is being terminated");
      return;
    }
    if (path.endsWith("/events")) {
      String name = body.path("metadata").path("name").asText();
      boolean isNew = events.putIfAbsent(name, body) == null;
      status(exchange, isNew ? 201 : 409, isNew ? "created" : "exists");
      return;
    }
    for (Kind kind : installed) {
      for (Map.Entry<String, ObjectNode> object : of(kind).entrySet()) {
        if (path.equals(path(kind, object.getKey()) + "/status")) {
          patch(exchange, kind, object.getKey(), object.getValue().deepCopy(), body);
          return;
        }
      }
    }
    status(exchange, path.contains("/events/") ? 200 : 404, path);
  }

  private void patch(
      HttpExchange exchange, Kind kind, String key, ObjectNode object, ObjectNode body)
      throws IOException {
    String expected = body.path("metadata").path("resourceVersion").asText();
    ObjectNode metadata = object.withObjectProperty("metadata");
    if (!expected.isEmpty() && !expected.equals(metadata.path("resourceVersion").asText())) {
      status(exchange, 409, "the object has been modified");
      return;
    }
    ObjectNode statusOfObject = object.withObjectProperty("status");
    body.path("status").properties().forEach(e -> statusOfObject.set(e.getKey(), e.getValue()));
    metadata.put("resourceVersion", Long.toString(++version));
    of(kind).put(key, object);
    history.add(new Event(version, kind, "MODIFIED", object));
    patches++;
    notifyAll();
    answer(exchange, 200, object);
  }

  private static String path(Kind kind, String key) {
    String[] parts = key.split("/", 2);
    String all = path(kind);
    int end = all.lastIndexOf('/');
    String namespaced =
        parts[0].isEmpty()
            ? all
            : all.substring(0, end) + "/namespaces/" + parts[0] + all.substring(end);
    return namespaced + '/' + parts[1];
  }

  /** The status of an object as JSON; empty while it has none. */
  synchronized String statusOf(Kind kind, String namespace, String name) {
    return Objects.requireNonNull(of(kind).get(namespace + '/' + name), name)
        .path("status")
        .toString();
  }

  /** How many statuses were written. */
  synchronized int patches() {
    return patches;
  }

  /** The messages of the events. */
  synchronized List<String> events() {
    return events.values().stream().map(event -> event.path("message").asText()).toList();
  }

  static String path(Kind kind) {
    return kind.group().isEmpty()
        ? "/api/v1/" + kind.plural()
        : "/apis/" + kind.group() + '/' + kind.versions().getFirst() + '/' + kind.plural();
  }

  private synchronized boolean isInstalled(Kind kind) {
    return installed.contains(kind);
  }

  private synchronized void discovery(HttpExchange exchange, String path) throws IOException {
    ObjectNode answer = mapper.createObjectNode();
    ArrayNode versions = answer.putArray("versions");
    ArrayNode resources = answer.putArray("resources");
    for (Kind kind : installed) {
      String group = "/apis/" + kind.group();
      if (path.equals(group) && versions.isEmpty()) {
        versions.addObject().put("version", kind.versions().getFirst());
      }
      if (path.equals(group + '/' + kind.versions().getFirst())) {
        resources.addObject().put("name", kind.plural());
      }
    }
    if (versions.isEmpty() && resources.isEmpty()) {
      status(exchange, 404, "no such path");
    } else {
      answer(exchange, 200, answer);
    }
  }

  private void list(HttpExchange exchange, Kind kind, Map<String, String> query)
      throws IOException, InterruptedException {
    ObjectNode answer = mapper.createObjectNode();
    boolean held;
    synchronized (this) {
      String[] next = query.getOrDefault("continue", version + ":0").split(":", -1);
      if (Long.parseLong(next[0]) < forgotten) {
        status(exchange, 410, "The provided continue parameter is too old");
        return;
      }
      int from = Integer.parseInt(next[1]);
      List<ObjectNode> all = List.copyOf(of(kind).values());
      int limit = Integer.parseInt(query.getOrDefault("limit", "1000000"));
      int to = Math.min(all.size(), from + limit);
      ObjectNode metadata = answer.putObject("metadata");
      metadata.put("resourceVersion", next[0]);
      if (to < all.size()) {
        metadata.put("continue", next[0] + ':' + to);
      }
      ArrayNode items = answer.putArray("items");
      all.subList(from, to).forEach(items::add);
      held = heldLists.contains(kind);
    }
    byte[] bytes = mapper.writeValueAsBytes(answer);
    if (!held) {
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(bytes, 0, bytes.length - 1);
    exchange.getResponseBody().flush();
    synchronized (this) {
      while (heldLists.contains(kind)) {
        wait();
      }
    }
    exchange.getResponseBody().write(bytes, bytes.length - 1, 1);
  }

  private void watch(HttpExchange exchange, Kind kind, long from)
      throws IOException, InterruptedException {
    int seen;
    synchronized (this) {
      if (from < forgotten) {
        status(exchange, 410, "too old resource version: " + from + " (" + forgotten + ")");
        return;
      }
      seen = cuts;
    }
    exchange.sendResponseHeaders(200, 0);
    OutputStream body = exchange.getResponseBody();
    body.flush();
    int next = 0;
    while (true) {
      List<Event> events;
      synchronized (this) {
        while (next == history.size() && seen == cuts) {
          wait();
        }
        if (seen != cuts) {
          return;
        }
        events = List.copyOf(history.subList(next, history.size()));
        next = history.size();
      }
      for (Event event : events) {
        if (event.kind == kind && event.version > from) {
          ObjectNode line = mapper.createObjectNode();
          line.put("type", event.type);
          line.set("object", event.object);
          body.write(mapper.writeValueAsBytes(line));
          body.write('\n');
          body.flush();
        }
      }
    }
  }

  private void status(HttpExchange exchange, int code, String message) throws IOException {
    answer(exchange, code, mapper.createObjectNode().put("code", code).put("message", message));
  }

  private void answer(HttpExchange exchange, int code, ObjectNode body) throws IOException {
    byte[] bytes = mapper.writeValueAsBytes(body);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Map<String, String> query(String text) {
    Map<String, String> query = new HashMap<>();
    if (text != null) {
      for (String part : text.split("&", -1)) {
        String[] pair = part.split("=", 2);
        query.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  @Override
  public void close() {
    cut();
    server.stop(0);
    threads.shutdownNow();
  }
}
