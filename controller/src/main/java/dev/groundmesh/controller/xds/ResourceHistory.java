package dev.groundmesh.controller.xds;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.ResourceDelta;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest resources, and the names of what changed in the revisions before.
 *
 * <p>Any thread may read; the compile's thread alone adds. What many subscribers need alike is made
 * once: the whole of a type, and the way from one revision to another.
 */
final class ResourceHistory {

  /** Names that changed in one revision; enrolments by node. */
  private record Change(
      long publishedNanos,
      Map<ResourceType, List<String>> names,
      Map<String, List<String>> enrolments,
      int size) {}

  private record Span(ResourceType type, long from, long to) {}

  /**
   * What an on-demand subscriber may know a changed address by.
   *
   * @param resource null: removed
   */
  record ChangedAddress(
      String name, @Nullable CompiledResource resource, Set<String> services, String node) {}

  /** A whole is made anew when so many of its resources have changed since: one of ... */
  private static final int STALE_SHARE = 10;

  private final int maxNames;
  private final ConcurrentNavigableMap<Long, Change> changes = new ConcurrentSkipListMap<>();
  private final Map<Span, MessageSeries> pushes = new ConcurrentHashMap<>();
  private final Map<Span, List<ChangedAddress>> addressChanges = new ConcurrentHashMap<>();
  private final Map<ResourceType, WeakReference<Whole>> wholes = new EnumMap<>(ResourceType.class);
  private int names;
  private volatile long oldestFrom;
  private volatile CompiledResources newest = CompiledResources.empty();

  /**
   * A history that remembers a bounded number of changes.
   *
   * @param maxNames names kept of what changed; a subscriber further behind must begin anew
   */
  ResourceHistory(int maxNames) {
    this.maxNames = maxNames;
    this.oldestFrom = newest.revision();
  }

  /** Compile's thread only. */
  void add(CompiledResources snapshot, ResourceDelta delta, long nowNanos) {
    Map<ResourceType, List<String>> byType = new EnumMap<>(ResourceType.class);
    Map<String, List<String>> enrolments = new HashMap<>();
    delta.updated().forEach(resource -> collect(resource, byType, enrolments));
    delta.removed().forEach(resource -> collect(resource, byType, enrolments));
    if (changes.isEmpty()) {
      oldestFrom = delta.revision() - 1;
    }
    int size = delta.updated().size() + delta.removed().size() + 1;
    changes.put(delta.revision(), new Change(nowNanos, byType, enrolments, size));
    names += size;
    while (names > maxNames && changes.size() > 1) {
      Map.Entry<Long, Change> oldest = changes.firstEntry();
      // Readers look at this after they read the changes, so it moves first.
      oldestFrom = oldest.getKey();
      changes.remove(oldest.getKey());
      names -= oldest.getValue().size;
    }
    newest = snapshot;
    pushes.keySet().removeIf(span -> span.to < snapshot.revision());
    addressChanges.keySet().removeIf(span -> span.to < snapshot.revision());
  }

  private static void collect(
      CompiledResource resource,
      Map<ResourceType, List<String>> byType,
      Map<String, List<String>> enrolments) {
    if (resource.type() == ResourceType.POD_ENROLMENT) {
      String node = resource.node();
      if (node != null) {
        enrolments.computeIfAbsent(node, key -> new ArrayList<>()).add(resource.name());
      }
    } else {
      byType.computeIfAbsent(resource.type(), key -> new ArrayList<>()).add(resource.name());
    }
  }

  CompiledResources newest() {
    return newest;
  }

  /** When the first change after the revision was published; empty if it is forgotten. */
  Optional<Long> publishedNanosAfter(long revision) {
    Change change = changes.get(revision + 1);
    return change == null ? Optional.empty() : Optional.of(change.publishedNanos);
  }

  /**
   * All resources of a type that every node may see; of addresses, at a revision not long ago, from
   * where changes are told. In a mesh where something changes all the time, a thousand agents that
   * come at once would otherwise each be sent a whole of their own.
   */
  Whole whole(ResourceType type) {
    synchronized (wholes) {
      WeakReference<Whole> reference = wholes.get(type);
      Whole known = reference == null ? null : reference.get();
      CompiledResources now = newest;
      if (known == null || !isRecent(type, known, now)) {
        known = new Whole(type, now.revision(), all(type, now, null));
        wholes.put(type, new WeakReference<>(known));
      }
      return known;
    }
  }

  private boolean isRecent(ResourceType type, Whole known, CompiledResources now) {
    if (known.revision() == now.revision()) {
      return true;
    }
    // Policies must be there before the workloads that name them, so of those only the newest will
    // do.
    if (type != ResourceType.ADDRESS) {
      return false;
    }
    int left = known.size() / STALE_SHARE;
    for (Change change : changes.subMap(known.revision(), false, now.revision(), true).values()) {
      left -= change.names.getOrDefault(type, List.of()).size();
      if (left < 0) {
        return false;
      }
    }
    return known.revision() >= oldestFrom;
  }

  static Collection<CompiledResource> all(
      ResourceType type, CompiledResources resources, @Nullable String node) {
    return switch (type) {
      case ADDRESS -> resources.addresses();
      case AUTHORIZATION -> resources.authorizations();
      case NAMESPACE_ENROLMENT -> resources.namespaces();
      case POD_ENROLMENT -> node == null ? List.of() : resources.enrolments(node);
    };
  }

  static @Nullable CompiledResource named(
      ResourceType type, CompiledResources resources, String name, @Nullable String node) {
    return switch (type) {
      case ADDRESS -> resources.address(name);
      case AUTHORIZATION -> resources.authorization(name);
      case NAMESPACE_ENROLMENT -> resources.namespace(name);
      case POD_ENROLMENT -> node == null ? null : resources.enrolment(node, name);
    };
  }

  /**
   * The way from one revision to that of the given snapshot, for a subscriber to everything; empty
   * if it is not known any more.
   *
   * @param node of the subscriber; matters for enrolments only
   */
  Optional<MessageSeries> push(
      ResourceType type, long from, CompiledResources to, @Nullable String node) {
    if (type == ResourceType.POD_ENROLMENT) {
      return changedNames(type, from, to.revision(), node)
          .map(changed -> series(type, to, changed, node));
    }
    Span span = new Span(type, from, to.revision());
    MessageSeries known = pushes.get(span);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Set<String>> changed = changedNames(type, from, to.revision(), null);
    return changed.map(set -> pushes.computeIfAbsent(span, key -> series(type, to, set, null)));
  }

  private static MessageSeries series(
      ResourceType type, CompiledResources to, Set<String> changed, @Nullable String node) {
    List<CompiledResource> updated = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    for (String name : changed) {
      CompiledResource resource = named(type, to, name, node);
      if (resource == null) {
        removed.add(name);
      } else {
        updated.add(resource);
      }
    }
    return new MessageSeries(type, to.revision(), "p", false, updated, removed);
  }

  /** What changed among the addresses; empty if it is not known any more. */
  Optional<List<ChangedAddress>> changedAddresses(long from, CompiledResources to) {
    Span span = new Span(ResourceType.ADDRESS, from, to.revision());
    List<ChangedAddress> known = addressChanges.get(span);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Set<String>> changed = changedNames(ResourceType.ADDRESS, from, to.revision(), null);
    return changed.map(
        set ->
            addressChanges.computeIfAbsent(
                span, key -> set.stream().map(name -> changedAddress(name, to)).toList()));
  }

  private static ChangedAddress changedAddress(String name, CompiledResources to) {
    CompiledResource resource = to.address(name);
    if (resource == null) {
      return new ChangedAddress(name, null, Set.of(), "");
    }
    try {
      Address address = Address.parseFrom(resource.bytes());
      return new ChangedAddress(
          name,
          resource,
          Set.copyOf(address.getWorkload().getServicesMap().keySet()),
          address.getWorkload().getNode());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("resource: " + name + " (expected: an encoded Address)", e);
    }
  }

  /** Names of the type that changed after {@code from}, up to {@code to}; empty if forgotten. */
  Optional<Set<String>> changedNames(ResourceType type, long from, long to, @Nullable String node) {
    Set<String> changed = new TreeSet<>();
    for (Change change : changes.subMap(from, false, to, true).values()) {
      List<String> some =
          type == ResourceType.POD_ENROLMENT
              ? change.enrolments.get(node == null ? "" : node)
              : change.names.get(type);
      if (some != null) {
        changed.addAll(some);
      }
    }
    return from < oldestFrom ? Optional.empty() : Optional.of(changed);
  }
}
