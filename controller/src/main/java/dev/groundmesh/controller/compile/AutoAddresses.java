package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AutoAddressRange;
import dev.groundmesh.controller.model.IpAddresses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Addresses for services that have none of their own, one IPv4 and one IPv6 for each host of each
 * owner. They stay the same over restarts, by a file of lines {@code <offset> <owner> <host>}: both
 * addresses are the network's plus the offset. Freed offsets are used again only when the range has
 * been gone through, so that a client's cached answer does not lead to another service. Confined to
 * the compile's thread.
 */
public final class AutoAddresses {

  private static final Logger log = LoggerFactory.getLogger(AutoAddresses.class);

  private static final int LAST_OFFSET = AutoAddressRange.LAST_OFFSET;

  private final @Nullable Path file;
  private final boolean recorded;
  private final Map<Owner, Integer> offsets = new HashMap<>();
  private final Map<Integer, Owner> owners = new TreeMap<>();
  private final Map<String, Set<String>> hostsByObject = new HashMap<>();
  private final Set<Owner> asked = new HashSet<>();
  private int next = 1;
  private boolean unsaved;

  private record Owner(String object, String host) {}

  private AutoAddresses(@Nullable Path file, boolean recorded) {
    this.file = file;
    this.recorded = recorded;
  }

  /** Addresses that are forgotten with the process. */
  public static AutoAddresses inMemory() {
    return new AutoAddresses(null, false);
  }

  /**
   * Only what the objects' own status says, where someone else assigns addresses: replicas that
   * read the same objects then say the same.
   */
  public static AutoAddresses recorded() {
    return new AutoAddresses(null, true);
  }

  /**
   * Reads what was given out before.
   *
   * @param file kept up to date from then on; need not exist. Lines that cannot be read are
   *     reported and dropped.
   * @throws IOException if the file exists and cannot be read
   */
  public static AutoAddresses load(Path file) throws IOException {
    AutoAddresses addresses = new AutoAddresses(file, false);
    List<String> lines;
    try {
      lines =
          Arrays.asList(
              new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n", -1));
    } catch (NoSuchFileException e) {
      return addresses;
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !addresses.restore(line)) {
        log.error(
            "{}:{}: {} (expected: an offset from 1 to {}, an object and a host, each once)",
            file,
            i + 1,
            line,
            LAST_OFFSET);
      }
    }
    return addresses;
  }

  private boolean restore(String line) {
    String[] parts = line.split(" ", -1);
    if (parts.length == 2 && parts[0].equals("next")) {
      return number(parts[1]).map(this::startAt).orElse(false);
    }
    if (parts.length != 3) {
      return false;
    }
    Owner owner = new Owner(parts[1], parts[2]);
    Optional<Integer> offset = number(parts[0]);
    if (offset.isEmpty() || owners.containsKey(offset.get()) || offsets.containsKey(owner)) {
      return false;
    }
    take(owner, offset.get());
    return true;
  }

  private boolean startAt(int offset) {
    next = offset;
    return true;
  }

  private static Optional<Integer> number(String text) {
    try {
      int number = Integer.parseInt(text);
      return number >= 1 && number <= LAST_OFFSET ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /**
   * The addresses of one host, IPv4 first; the same at each call, unless they are recorded ones.
   *
   * @param known what the object's status says it has; taken if free
   * @return empty if the range is exhausted
   */
  List<byte[]> of(String object, String host, List<String> known) {
    if (recorded) {
      return known.stream()
          .map(IpAddresses::parse)
          .flatMap(Optional::stream)
          .sorted(Comparator.comparingInt(address -> address.length))
          .toList();
    }
    Owner owner = new Owner(object, host);
    asked.add(owner);
    Integer offset = offsets.get(owner);
    if (offset == null) {
      offset =
          known.stream()
              .map(AutoAddressRange::offsetOf)
              .flatMap(Optional::stream)
              .filter(o -> !owners.containsKey(o))
              .findFirst()
              .or(this::nextFree)
              .orElse(null);
      if (offset == null) {
        log.error("{} {}: no automatic address is left of {}", object, host, LAST_OFFSET);
        return List.of();
      }
      take(owner, offset);
      unsaved = true;
    }
    return List.of(AutoAddressRange.ipv4(offset), AutoAddressRange.ipv6(offset));
  }

  private Optional<Integer> nextFree() {
    for (int tried = 0; tried < LAST_OFFSET; tried++) {
      int candidate = next;
      next = next == LAST_OFFSET ? 1 : next + 1;
      if (!owners.containsKey(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** Frees the addresses of an object's hosts but for these. */
  void retain(String object, Set<String> hosts) {
    Set<String> had = hostsByObject.getOrDefault(object, Set.of());
    for (String host : List.copyOf(had)) {
      if (!hosts.contains(host)) {
        free(new Owner(object, host));
      }
    }
  }

  /** Frees what nobody has asked for since the start: its owner went away while nobody watched. */
  void retainOnlyAsked() {
    for (Owner owner : List.copyOf(offsets.keySet())) {
      if (!asked.contains(owner)) {
        free(owner);
      }
    }
  }

  private void take(Owner owner, int offset) {
    offsets.put(owner, offset);
    owners.put(offset, owner);
    hostsByObject.computeIfAbsent(owner.object(), o -> new HashSet<>()).add(owner.host());
  }

  private void free(Owner owner) {
    Integer offset = offsets.remove(owner);
    if (offset != null) {
      owners.remove(offset);
      asked.remove(owner);
      Set<String> hosts = hostsByObject.get(owner.object());
      if (hosts != null && hosts.remove(owner.host()) && hosts.isEmpty()) {
        hostsByObject.remove(owner.object());
      }
      unsaved = true;
    }
  }

  /** Writes what changed since the last call; to be called before addresses are published. */
  void save() {
    if (!unsaved || file == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    text.append("next ").append(next).append('\n');
    owners.forEach(
        (offset, owner) ->
            text.append(offset)
                .append(' ')
                .append(owner.object())
                .append(' ')
                .append(owner.host())
                .append('\n'));
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try {
      Files.writeString(partial, text);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      unsaved = false;
    } catch (IOException e) {
      log.error("{}: automatic addresses cannot be kept: {}", file, e.toString());
    }
  }
}
