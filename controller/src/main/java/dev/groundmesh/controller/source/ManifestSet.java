package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.source.ManifestReader.Contents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects of a set of files: which file each comes from, which version is in effect, and what
 * changed since it was last asked. Confined to one thread; does no I/O.
 */
final class ManifestSet {

  private static final Logger log = LoggerFactory.getLogger(ManifestSet.class);

  private final Set<String> unknownKinds = new HashSet<>();
  private final ManifestReader reader = new ManifestReader(this::unknownKind);

  /** What each file says of each object, bad versions included. */
  private final Map<String, Map<ObjectKey, ReadObject>> files = new HashMap<>();

  private final Map<ObjectKey, TreeMap<String, ReadObject>> claims = new HashMap<>();
  private final Map<ObjectKey, Told> told = new HashMap<>();
  private final Set<String> filesWithProblems = new HashSet<>();
  private final Set<ObjectKey> touched = new LinkedHashSet<>();
  private final List<ObjectChange> fileChanges = new ArrayList<>();

  /**
   * What the listener knows of an object.
   *
   * @param file whose version counts
   * @param hash of the version told last, good or bad
   * @param problems told last
   * @param inEffect whether a good version is in effect
   */
  private record Told(String file, String hash, List<Problem> problems, boolean inEffect) {}

  /** Whether all of the file could be used. */
  boolean fileRead(String file, String text) {
    Contents contents = reader.read(file, text);
    Map<ObjectKey, ReadObject> now = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>(contents.problems());
    for (ReadObject manifest : contents.manifests()) {
      if (now.putIfAbsent(manifest.key(), manifest) != null) {
        problems.add(
            new Problem(file, 0, 0, "", manifest.key() + " twice", "each object once in a file"));
      }
    }
    Map<ObjectKey, ReadObject> before = files.getOrDefault(file, Map.of());
    if (!contents.problems().isEmpty()) {
      // What is missing may be hidden in what could not be read.
      before.forEach(now::putIfAbsent);
    }
    replace(file, before, now);
    report(file, problems);
    return problems.isEmpty()
        && contents.manifests().stream().allMatch(manifest -> manifest.errors().isEmpty());
  }

  void fileUnreadable(String file, String found, String expected) {
    report(file, List.of(new Problem(file, 0, 0, "", found, expected)));
  }

  void fileGone(String file) {
    replace(file, files.getOrDefault(file, Map.of()), Map.of());
    report(file, List.of());
  }

  private void replace(
      String file, Map<ObjectKey, ReadObject> before, Map<ObjectKey, ReadObject> now) {
    if (now.isEmpty()) {
      files.remove(file);
    } else {
      files.put(file, now);
    }
    for (ObjectKey key : before.keySet()) {
      if (!now.containsKey(key)) {
        TreeMap<String, ReadObject> claimants = claims.get(key);
        if (claimants != null && claimants.remove(file) != null && claimants.isEmpty()) {
          claims.remove(key);
        }
        touched.add(key);
      }
    }
    now.forEach(
        (key, manifest) -> {
          claims.computeIfAbsent(key, k -> new TreeMap<>()).put(file, manifest);
          touched.add(key);
        });
  }

  private void report(String file, List<Problem> problems) {
    for (Problem problem : problems) {
      log.error("{}", problem.message());
    }
    boolean had = filesWithProblems.contains(file);
    if (!problems.isEmpty() || had) {
      fileChanges.add(new ObjectChange.FileState(file, problems));
      if (problems.isEmpty()) {
        filesWithProblems.remove(file);
      } else {
        filesWithProblems.add(file);
      }
    }
  }

  private void unknownKind(String kind) {
    if (!ManifestReader.ORDINARY.contains(kind) && unknownKinds.add(kind)) {
      log.info("{}: ignored, as the mesh does not read this kind", kind);
    }
  }

  /** What changed since the last call; removals come first. */
  List<ObjectChange> drain() {
    List<ObjectChange> removals = new ArrayList<>();
    List<ObjectChange> others = new ArrayList<>();
    for (ObjectKey key : touched) {
      TreeMap<String, ReadObject> claimants = claims.get(key);
      if (claimants == null) {
        if (told.remove(key) != null) {
          removals.add(new ObjectChange.Remove(key));
        }
      } else {
        ObjectChange change = changeOf(key, claimants);
        if (change != null) {
          others.add(change);
        }
      }
    }
    touched.clear();
    List<ObjectChange> changes = new ArrayList<>(removals);
    changes.addAll(others);
    changes.addAll(fileChanges);
    fileChanges.clear();
    return changes;
  }

  private @Nullable ObjectChange changeOf(ObjectKey key, SortedMap<String, ReadObject> claimants) {
    Told before = told.get(key);
    // The file in effect stays it: a second one with the same object does not take over by its
    // name.
    String file =
        before != null && claimants.containsKey(before.file())
            ? before.file()
            : claimants.firstKey();
    ReadObject manifest = claimants.get(file);
    if (manifest == null) {
      return null;
    }
    List<Problem> problems = new ArrayList<>(manifest.errors());
    List<Problem> warnings = new ArrayList<>(manifest.warnings());
    for (String other : claimants.keySet()) {
      if (!other.equals(file)) {
        warnings.add(
            new Problem(
                other, 0, 0, "", key + " again", "an object in one file; " + file + " counts"));
      }
    }
    MeshObject object = manifest.object();
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(warnings);
    if (before != null
        && before.hash().equals(manifest.metadata().contentHash())
        && before.problems().equals(all)) {
      return null;
    }
    boolean inEffect = object != null || (before != null && before.inEffect());
    told.put(key, new Told(file, manifest.metadata().contentHash(), all, inEffect));
    for (Problem problem : problems) {
      log.error("{}: {}", key, problem.message());
    }
    for (Problem problem : warnings) {
      log.warn("{}: {}", key, problem.message());
    }
    return object != null
        ? new ObjectChange.Put(object, warnings)
        : new ObjectChange.Rejected(key, manifest.metadata(), null, all);
  }
}
