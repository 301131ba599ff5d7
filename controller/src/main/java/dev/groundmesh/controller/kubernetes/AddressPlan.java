package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.model.AutoAddressRange;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.ServiceEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Which service entry has which automatic addresses by its status, and which should have which. A
 * free address is looked for from where the host's name points to, so that an address that was
 * freed is not soon another host's. Confined to its caller's lock.
 */
final class AddressPlan {

  /** Of entries that claim the same address the oldest keeps it. */
  private static final Comparator<ServiceEntry> BY_AGE =
      Comparator.comparingLong((ServiceEntry entry) -> entry.metadata().created())
          .thenComparing(ServiceEntry::key);

  private final Map<ObjectKey, ServiceEntry> entries = new HashMap<>();

  /** By offset who has it; the status of some may not say so yet. */
  private final Map<Integer, Set<ObjectKey>> holders = new HashMap<>();

  /** The same by who has them. */
  private final Map<ObjectKey, Set<Integer>> held = new HashMap<>();

  /** What was written and not read back yet. */
  private final Map<ObjectKey, Map<String, List<String>>> written = new HashMap<>();

  /** Notes an entry as it is now. */
  void put(ServiceEntry entry) {
    remove(entry.key());
    entries.put(entry.key(), entry);
    hold(entry.key(), entry.assignedAddresses());
  }

  void remove(ObjectKey key) {
    entries.remove(key);
    written.remove(key);
    Set<Integer> offsets = held.remove(key);
    if (offsets != null) {
      for (Integer offset : offsets) {
        holders.computeIfPresent(
            offset, (o, keys) -> keys.remove(key) && keys.isEmpty() ? null : keys);
      }
    }
  }

  private void hold(ObjectKey key, Map<String, List<String>> addresses) {
    for (List<String> ofHost : addresses.values()) {
      for (String address : ofHost) {
        AutoAddressRange.offsetOf(address)
            .ifPresent(
                offset -> {
                  holders.computeIfAbsent(offset, o -> new LinkedHashSet<>()).add(key);
                  held.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(offset);
                });
      }
    }
  }

  /** The entries whose status says something else than it should. */
  List<ObjectKey> wrong() {
    List<ObjectKey> wrong = new ArrayList<>();
    for (ServiceEntry entry : entries.values()) {
      if (!right(entry).equals(known(entry))) {
        wrong.add(entry.key());
      }
    }
    return wrong;
  }

  boolean isWrong(ObjectKey key) {
    ServiceEntry entry = entries.get(key);
    return entry != null && !right(entry).equals(known(entry));
  }

  /** The addresses that an entry should have, by host; empty if the entry is not known. */
  Optional<Map<String, List<String>>> right(ObjectKey key) {
    return Optional.ofNullable(entries.get(key)).map(this::right);
  }

  /** Notes what now stands in an entry's status, unless the entry is gone by now. */
  void written(ObjectKey key, Map<String, List<String>> addresses) {
    if (entries.containsKey(key)) {
      written.put(key, addresses);
      hold(key, addresses);
    }
  }

  private Map<String, List<String>> known(ServiceEntry entry) {
    return written.getOrDefault(entry.key(), entry.assignedAddresses());
  }

  private Map<String, List<String>> right(ServiceEntry entry) {
    Map<String, List<String>> right = new LinkedHashMap<>();
    Set<Integer> own = new LinkedHashSet<>();
    for (String host : entry.hosts()) {
      if (!entry.takesAutoAddress(host)) {
        continue;
      }
      List<String> present = known(entry).getOrDefault(host, List.of());
      if (isUsable(entry, present)) {
        right.put(host, present);
        present.forEach(address -> AutoAddressRange.offsetOf(address).ifPresent(own::add));
      } else {
        Integer offset = free(entry, host, own);
        if (offset != null) {
          own.add(offset);
          right.put(
              host,
              List.of(
                  IpAddresses.format(AutoAddressRange.ipv4(offset)),
                  IpAddresses.format(AutoAddressRange.ipv6(offset))));
        }
      }
    }
    return right;
  }

  /** Whether addresses can stay: another control plane's are as good as ours. */
  private boolean isUsable(ServiceEntry entry, List<String> addresses) {
    if (addresses.isEmpty()) {
      return false;
    }
    for (String address : addresses) {
      if (IpAddresses.parse(address).isEmpty()) {
        return false;
      }
      Optional<Integer> offset = AutoAddressRange.offsetOf(address);
      if (offset.isPresent() && !isOldest(entry, offset.get())) {
        return false;
      }
    }
    return true;
  }

  private boolean isOldest(ServiceEntry entry, int offset) {
    for (ObjectKey other : holders.getOrDefault(offset, Set.of())) {
      ServiceEntry rival = entries.get(other);
      if (rival != null && BY_AGE.compare(rival, entry) < 0) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Integer free(ServiceEntry entry, String host, Set<Integer> own) {
    CRC32 hash = new CRC32();
    hash.update((entry.key() + " " + host).getBytes(StandardCharsets.UTF_8));
    int start = (int) (hash.getValue() % AutoAddressRange.LAST_OFFSET);
    for (int tried = 0; tried < AutoAddressRange.LAST_OFFSET; tried++) {
      int offset = (start + tried) % AutoAddressRange.LAST_OFFSET + 1;
      if (!holders.containsKey(offset) && !own.contains(offset)) {
        return offset;
      }
    }
    return null;
  }
}
