package dev.groundmesh.nodeagent.runtime;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandboxes of the node's pods, by what containerd has written down of its running tasks: below
 * its state directory, {@code io.containerd.runtime.v2.task/k8s.io/<id>/config.json}, the OCI
 * configuration of each container with the CRI's annotations. A node of another runtime has none.
 * Confined to one thread.
 */
final class ContainerdSandboxes {
  private static final Logger log = LoggerFactory.getLogger(ContainerdSandboxes.class);
  private static final String TASKS = "io.containerd.runtime.v2.task/k8s.io";
  private static final String TYPE = "io.kubernetes.cri.container-type";
  private static final String UID = "io.kubernetes.cri.sandbox-uid";

  /** A configuration is some ten kilobytes; what is longer is not one. Bytes. */
  private static final long MAX_CONFIG = 4 << 20;

  private final JsonFactory json = new JsonFactory();
  private final Path tasks;

  /** By container id; a container's configuration never changes. Empty: not a pod's sandbox. */
  private final Map<String, Optional<Sandbox>> known = new HashMap<>();

  /**
   * The sandbox of a pod.
   *
   * @param netns where its network namespace is, as the runtime names it
   */
  record Sandbox(String id, String podUid, Path netns) {}

  /**
   * @param state containerd's state directory, {@code /run/containerd} as a rule
   */
  ContainerdSandboxes(Path state) {
    this.tasks = state.resolve(TASKS);
  }

  /**
   * The sandboxes of a pod: one as a rule, none where it is not known, two while one replaces it.
   */
  List<Sandbox> of(String podUid) throws IOException {
    Set<String> present = new HashSet<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(tasks)) {
      for (Path directory : directories) {
        String id = directory.getFileName().toString();
        present.add(id);
        if (!known.containsKey(id)) {
          try {
            known.put(id, read(id, directory.resolve("config.json")));
          } catch (NoSuchFileException e) {
            // It begins or ends at this moment.
            log.debug("{}: no configuration", directory, e);
          } catch (IOException e) {
            log.warn("{}: cannot be read: {}", directory, e.getMessage());
          }
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    known.keySet().retainAll(present);
    List<Sandbox> found = new ArrayList<>(1);
    known.values().stream()
        .flatMap(Optional::stream)
        .filter(sandbox -> sandbox.podUid.equals(podUid))
        .forEach(found::add);
    return found;
  }

  private Optional<Sandbox> read(String id, Path config) throws IOException {
    if (Files.size(config) > MAX_CONFIG) {
      throw new IOException("longer than " + MAX_CONFIG + " bytes");
    }
    String type = "";
    String uid = "";
    List<String> networks = new ArrayList<>();
    try (JsonParser parser = json.createParser(Files.readAllBytes(config))) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("annotations") && value == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            String text = String.valueOf(parser.nextTextValue());
            type = key.equals(TYPE) ? text : type;
            uid = key.equals(UID) ? text : uid;
            parser.skipChildren();
          }
        } else if (field.equals("linux") && value == JsonToken.START_OBJECT) {
          readLinux(parser, networks);
        } else {
          parser.skipChildren();
        }
      }
    }
    if (type.equals("sandbox") && !uid.isEmpty() && networks.size() == 1) {
      return Optional.of(new Sandbox(id, uid, Path.of(networks.getFirst())));
    }
    // A container in a sandbox, or a pod in the node's own network namespace.
    return Optional.empty();
  }

  private static void readLinux(JsonParser parser, List<String> networks) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean namespaces = parser.currentName().equals("namespaces");
      if (parser.nextToken() != JsonToken.START_ARRAY || !namespaces) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        String type = "";
        String path = "";
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          String text = String.valueOf(parser.nextTextValue());
          type = key.equals("type") ? text : type;
          path = key.equals("path") ? text : path;
          parser.skipChildren();
        }
        if (type.equals("network") && !path.isEmpty()) {
          networks.add(path);
        }
      }
    }
  }
}
