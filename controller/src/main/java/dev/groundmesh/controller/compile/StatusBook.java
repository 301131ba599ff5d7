package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say of each object: what its source found wrong with it, and what the compile
 * has told. Confined to the compile's thread.
 */
final class StatusBook {
  /** What a stand-in does, in words. */
  static final String DENIES =
      "until it is corrected, what it selects is denied: no good version of it is known";

  private static final String VALID = "groundmesh.dev/Valid";
  private static final Metadata NOTHING_KNOWN = Metadata.named("", "", Map.of());

  private final Map<ObjectKey, List<Problem>> problems = new HashMap<>();

  /** Versions that are not in effect, by what they are. */
  private final Map<ObjectKey, Metadata> rejected = new HashMap<>();

  /** Policies that deny in place of a version that cannot be used. */
  private final Set<ObjectKey> standIns = new HashSet<>();

  private final Map<ObjectKey, List<Condition>> conditions = new HashMap<>();
  private final Map<ObjectKey, List<String>> assignedAddresses = new HashMap<>();

  /** Notes a version that is in effect, and with it that none stands in for it. */
  void accepted(ObjectKey key, List<Problem> warnings) {
    note(key, warnings);
    rejected.remove(key);
    standIns.remove(key);
  }

  void removed(ObjectKey key) {
    accepted(key, List.of());
  }

  /** Notes a version that is not in effect. */
  void rejected(ObjectKey key, List<Problem> found, @Nullable Metadata version) {
    note(key, found);
    if (version != null) {
      rejected.put(key, version);
    } else {
      rejected.remove(key);
    }
  }

  private void note(ObjectKey key, List<Problem> found) {
    if (found.isEmpty()) {
      problems.remove(key);
    } else {
      problems.put(key, found);
    }
  }

  /** Notes that what denies everything stands in for an object. */
  void standsIn(ObjectKey key) {
    standIns.add(key);
  }

  boolean isStandIn(ObjectKey key) {
    return standIns.contains(key);
  }

  /**
   * Notes what became of an object.
   *
   * @param addresses that were assigned to it
   * @return whether that is news
   */
  boolean tell(ObjectKey key, List<Condition> told, List<String> addresses) {
    List<Condition> before =
        told.isEmpty() ? conditions.remove(key) : conditions.put(key, List.copyOf(told));
    List<String> addressesBefore =
        addresses.isEmpty()
            ? assignedAddresses.remove(key)
            : assignedAddresses.put(key, List.copyOf(addresses));
    return !told.equals(Objects.requireNonNullElse(before, List.of()))
        || !addresses.equals(Objects.requireNonNullElse(addressesBefore, List.of()));
  }

  /** By what name the status of an object goes. */
  static String nameOf(ObjectKey key) {
    return key.kind().text() + '/' + key.namespace() + '/' + key.name();
  }

  /**
   * The status of an object.
   *
   * @param object as it is in effect; null if it is not
   * @return empty if there is nothing to say
   */
  Optional<ObjectStatus> of(ObjectKey key, @Nullable MeshObject object) {
    List<Condition> all = new ArrayList<>();
    List<Problem> found = problems.get(key);
    if (found != null) {
      boolean bad = rejected.containsKey(key);
      String effect = bad ? "; " + effectOfRejected(key, object) : "";
      all.add(
          new Condition(
              VALID, !bad, bad ? "Invalid" : "PartlyUnderstood", messages(found) + effect));
    }
    all.addAll(conditions.getOrDefault(key, List.of()));
    List<String> addresses = assignedAddresses.getOrDefault(key, List.of());
    if (all.isEmpty() && addresses.isEmpty()) {
      return Optional.empty();
    }
    Metadata spokenOf =
        rejected.getOrDefault(key, object == null ? NOTHING_KNOWN : object.metadata());
    return Optional.of(
        new ObjectStatus(
            key.kind().text(),
            key.namespace(),
            key.name(),
            spokenOf.contentHash(),
            spokenOf.uid(),
            spokenOf.generation(),
            all,
            addresses));
  }

  private String effectOfRejected(ObjectKey key, @Nullable MeshObject object) {
    if (standIns.contains(key)) {
      return DENIES;
    }
    return object == null ? "not in effect" : "the last good version stays in effect";
  }

  /** By what name the status of a file of manifests goes. */
  static String nameOf(ObjectChange.FileState file) {
    return "Manifest//" + file.file();
  }

  /**
   * The status of a file of manifests.
   *
   * @return empty if all of it can be read
   */
  static Optional<ObjectStatus> of(ObjectChange.FileState file) {
    if (file.problems().isEmpty()) {
      return Optional.empty();
    }
    var invalid = new Condition(VALID, false, "Invalid", messages(file.problems()));
    return Optional.of(
        new ObjectStatus("Manifest", "", file.file(), "", "", 0, List.of(invalid), List.of()));
  }

  private static String messages(List<Problem> problems) {
    return String.join("; ", problems.stream().map(Problem::message).toList());
  }
}
