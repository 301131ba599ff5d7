package dev.groundmesh.controller.xds;

import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All resources of a type at one revision, and what is made of them for those who begin.
 * Thread-safe.
 */
final class Whole {

  private final ResourceType type;
  private final long revision;
  private final List<CompiledResource> all;
  private final MessageSeries series;
  private @Nullable Map<String, Integer> places;

  Whole(ResourceType type, long revision, Collection<CompiledResource> all) {
    this.type = type;
    this.revision = revision;
    this.all = List.copyOf(all);
    this.series = new MessageSeries(type, revision, "w", false, this.all, List.of());
  }

  long revision() {
    return revision;
  }

  int size() {
    return all.size();
  }

  /** For those who hold nothing; shared by all of them. */
  MessageSeries series() {
    return series;
  }

  /**
   * For one who may hold something.
   *
   * @param later names that changed after this revision: what is held of them may be newer than
   *     what is known here, and is left to the changes that are told next
   */
  MessageSeries difference(RetainedVersions retained, Set<String> later, String noncePrefix) {
    if (retained.isEmpty()) {
      return new MessageSeries(type, revision, noncePrefix, false, all, List.of());
    }
    Map<String, Integer> known = places();
    BitSet unchanged = new BitSet(all.size());
    List<String> removed = new ArrayList<>();
    retained.forEach(
        (name, version) -> {
          Integer place = known.get(name);
          if (place != null) {
            unchanged.set(place, later.contains(name) || isUnchanged(all.get(place), version));
          } else if (!later.contains(name) && !name.equals(Subscription.WILDCARD)) {
            removed.add(name);
          }
        });
    List<CompiledResource> updated = new ArrayList<>(all.size() - unchanged.cardinality());
    for (int i = unchanged.nextClearBit(0); i < all.size(); i = unchanged.nextClearBit(i + 1)) {
      updated.add(all.get(i));
    }
    return new MessageSeries(type, revision, noncePrefix, false, updated, removed);
  }

  static boolean isUnchanged(CompiledResource resource, @Nullable String version) {
    return version != null
        && resource.type() != ResourceType.AUTHORIZATION
        && resource.hasVersion(version);
  }

  private synchronized Map<String, Integer> places() {
    Map<String, Integer> known = places;
    if (known == null) {
      known = HashMap.newHashMap(all.size());
      for (int i = 0; i < all.size(); i++) {
        known.put(all.get(i).name(), i);
      }
      places = known;
    }
    return known;
  }
}
