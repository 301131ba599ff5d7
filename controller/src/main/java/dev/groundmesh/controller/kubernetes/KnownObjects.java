package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.kubernetes.PendingChanges.Batch;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ReadObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the compile has been told, to tell it only what differs: most changes of an object in a
 * cluster concern fields that the mesh does not read. Confined to the source's thread.
 */
final class KnownObjects {

  private static final Logger log = LoggerFactory.getLogger(KnownObjects.class);

  private final Map<Kind, Map<ObjectKey, Told>> told = new EnumMap<>(Kind.class);
  private final Map<Kind, Integer> rejected = new EnumMap<>(Kind.class);

  /**
   * What was told of an object last.
   *
   * @param object null: that the version was rejected
   */
  private record Told(@Nullable MeshObject object, Metadata metadata, List<Problem> problems) {}

  /** The difference to what was told before; removals come first, then kind by kind. */
  List<ObjectChange> apply(Batch batch) {
    List<ObjectChange> removals = new ArrayList<>();
    Map<Kind, Map<ObjectKey, ReadObject>> puts = new EnumMap<>(Kind.class);
    batch
        .lists()
        .forEach(
            (kind, objects) -> {
              for (ObjectKey key : List.copyOf(of(kind).keySet())) {
                if (!objects.containsKey(key)) {
                  remove(key, removals);
                }
              }
              puts.put(kind, new LinkedHashMap<>(objects));
            });
    for (Map.Entry<ObjectKey, Optional<ReadObject>> event : batch.events().entrySet()) {
      ObjectKey key = event.getKey();
      Map<ObjectKey, ReadObject> ofKind =
          puts.computeIfAbsent(key.kind(), k -> new LinkedHashMap<>());
      if (event.getValue().isPresent()) {
        ofKind.put(key, event.getValue().get());
      } else {
        ofKind.remove(key);
        remove(key, removals);
      }
    }
    List<ObjectChange> changes = removals;
    for (Map<ObjectKey, ReadObject> ofKind : puts.values()) {
      for (ReadObject object : ofKind.values()) {
        put(object, changes);
      }
    }
    return changes;
  }

  /** How many objects of a kind there are, usable or not. */
  int count(Kind kind) {
    return of(kind).size();
  }

  /** How many of them cannot be used as they are. */
  int rejected(Kind kind) {
    return rejected.getOrDefault(kind, 0);
  }

  private Map<ObjectKey, Told> of(Kind kind) {
    return told.computeIfAbsent(kind, k -> new LinkedHashMap<>());
  }

  private void remove(ObjectKey key, List<ObjectChange> changes) {
    Told before = of(key.kind()).remove(key);
    if (before != null) {
      countRejected(key.kind(), before, -1);
      changes.add(new ObjectChange.Remove(key));
    }
  }

  private void countRejected(Kind kind, @Nullable Told object, int change) {
    if (object != null && object.object() == null) {
      rejected.merge(kind, change, Integer::sum);
    }
  }

  private void put(ReadObject read, List<ObjectChange> changes) {
    List<Problem> problems = new ArrayList<>(read.errors());
    problems.addAll(read.warnings());
    MeshObject object = read.object();
    Told now = new Told(object, read.metadata(), List.copyOf(problems));
    Told before = of(read.key().kind()).put(read.key(), now);
    if (now.equals(before)) {
      return;
    }
    countRejected(read.key().kind(), before, -1);
    countRejected(read.key().kind(), now, 1);
    if (before == null || !before.problems().equals(now.problems())) {
      for (Problem problem : read.errors()) {
        log.error("{}: {}", read.key(), problem.message());
      }
      for (Problem problem : read.warnings()) {
        log.warn("{}: {}", read.key(), problem.message());
      }
    }
    changes.add(
        object != null
            ? new ObjectChange.Put(object, read.warnings())
            : new ObjectChange.Rejected(read.key(), read.metadata(), read.standIn(), problems));
  }
}
