package dev.groundmesh.controller.source;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static java.nio.file.StandardWatchEventKinds.OVERFLOW;

import dev.groundmesh.controller.thread.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of manifests, read at the start and watched from then on, with its subfolders. Files and
 * folders whose names begin with a dot are not looked at. A file is read once it has stopped
 * changing, so that a half-written one does no harm; one that cannot be read or parsed leaves its
 * objects as they were.
 */
public final class FolderSource implements ObjectSource {

  private static final Logger log = LoggerFactory.getLogger(FolderSource.class);

  /**
   * Longer than the pauses between an editor's writes, short enough that a change seems immediate.
   */
  private static final Duration SETTLE = Duration.ofMillis(60);

  /** For what the kernel's notices miss: network file systems, mounts, overflow. */
  private static final Duration RESCAN = Duration.ofSeconds(15);

  private static final long MAX_FILE_BYTES = 256L << 20;

  private final Path folder;
  private final LongSupplier nanoTime;
  private final ManifestSet manifests;
  private final LastGoodFiles lastGood;
  private final List<ObjectChange> restored = new ArrayList<>();
  private final Map<WatchKey, Path> watched = new HashMap<>();
  private final Map<Path, Stamp> read = new TreeMap<>();
  private final Map<Path, Unsettled> unsettled = new TreeMap<>();
  private final Thread thread;
  private @Nullable Teller teller;
  private boolean folderMissing;
  private volatile boolean closed;

  /** What tells one version of a file from another. */
  private record Stamp(long modifiedNanos, long size, @Nullable Object fileKey) {}

  /** A file that changed, and since when it has looked as it does. */
  private record Unsettled(Stamp stamp, long since) {}

  private FolderSource(Path folder, LongSupplier nanoTime, Path lastGood) {
    this.folder = folder;
    this.lastGood = new LastGoodFiles(lastGood);
    this.nanoTime = nanoTime;
    this.manifests = new ManifestSet();
    this.thread = new Thread(this::run, "manifests");
    thread.setDaemon(true);
  }

  /**
   * A source that has yet to be started.
   *
   * @param nanoTime a clock that only moves forward, such as {@link System#nanoTime}
   * @param lastGood where copies of files with policies are kept for a restart that finds them
   *     broken; need not exist
   * @throws IOException if {@code folder} is not a folder that can be read
   */
  public static FolderSource open(Path folder, LongSupplier nanoTime, Path lastGood)
      throws IOException {
    Path real = folder.toRealPath();
    if (!Files.isDirectory(real) || !Files.isReadable(real)) {
      throw new IOException(folder + ": (expected: a folder that can be read)");
    }
    return new FolderSource(real, nanoTime, lastGood);
  }

  @Override
  public void start(ObjectListener consumer) {
    teller = new Teller(consumer, nanoTime);
    thread.start();
  }

  @Override
  public void close() {
    closed = true;
    Threads.end(thread);
  }

  private void run() {
    try (WatchService watcher = folder.getFileSystem().newWatchService()) {
      scan(folder, watcher, true);
      restored.addAll(manifests.drain());
      publish(List.copyOf(restored), true);
      restored.clear();
      long nextScan = nanoTime.getAsLong() + RESCAN.toNanos();
      while (!closed) {
        long wait =
            unsettled.isEmpty()
                ? Math.max(1, nextScan - nanoTime.getAsLong())
                : SETTLE.toNanos() / 2;
        WatchKey key = watcher.poll(Math.min(wait, patienceNanos()), TimeUnit.NANOSECONDS);
        boolean overflow = false;
        while (key != null) {
          overflow |= take(key, watcher);
          key = watcher.poll();
        }
        if (overflow || nanoTime.getAsLong() - nextScan >= 0) {
          scan(folder, watcher, false);
          nextScan = nanoTime.getAsLong() + RESCAN.toNanos();
        }
        settle();
        publish(manifests.drain(), false);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.error("{}: cannot be watched any more; its last state keeps effect", folder, e);
    }
  }

  private void publish(List<ObjectChange> changes, boolean first) {
    if (teller != null && (first || !changes.isEmpty() || teller.patienceNanos() <= 0)) {
      teller.tell(changes);
    }
  }

  private long patienceNanos() {
    return teller == null ? Long.MAX_VALUE : teller.patienceNanos();
  }

  /** Whether notices were lost. */
  private boolean take(WatchKey key, WatchService watcher) throws IOException {
    Path directory = watched.get(key);
    boolean overflow = false;
    for (WatchEvent<?> event : key.pollEvents()) {
      if (event.kind().equals(OVERFLOW) || directory == null) {
        overflow = true;
      } else if (event.context() instanceof Path name) {
        Path path = directory.resolve(name);
        if (!hidden(path)) {
          touched(path, watcher);
        }
      }
    }
    if (!key.reset()) {
      watched.remove(key);
    }
    return overflow;
  }

  private void touched(Path path, WatchService watcher) throws IOException {
    if (Files.isDirectory(path)) {
      scan(path, watcher, false);
      return;
    }
    if (Files.exists(path)) {
      if (isManifest(path)) {
        note(path, stampOf(path));
      }
      return;
    }
    for (Path known : knownUnder(path)) {
      note(known, null);
    }
  }

  private Set<Path> knownUnder(Path path) {
    Set<Path> known = new TreeSet<>();
    for (Path candidate : read.keySet()) {
      if (candidate.startsWith(path)) {
        known.add(candidate);
      }
    }
    return known;
  }

  /**
   * Looks at everything below {@code start}; {@code atOnce} reads without waiting for files to
   * settle.
   */
  private void scan(Path start, WatchService watcher, boolean atOnce) throws IOException {
    if (!Files.isDirectory(folder)) {
      if (!folderMissing) {
        folderMissing = true;
        log.error("{}: gone (expected: a folder); its last state keeps effect", folder);
      }
      return;
    }
    folderMissing = false;
    Set<Path> seen = new HashSet<>();
    Files.walkFileTree(
        start,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            if (!directory.equals(folder) && hidden(directory)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            watched.put(
                directory.register(watcher, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE), directory);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (isManifest(file) && !hidden(file)) {
              seen.add(file);
              Stamp stamp = stampOf(attributes);
              if (atOnce) {
                readFile(file, stamp, true);
              } else if (!stamp.equals(read.get(file))) {
                note(file, stamp);
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            // A file that cannot be looked at is not a file that is gone.
            seen.addAll(knownUnder(file));
            if (Files.exists(file) && !hidden(file)) {
              log.warn("{}: {} (expected: a file that can be read)", file, failure.toString());
            }
            return FileVisitResult.CONTINUE;
          }
        });
    for (Path known : knownUnder(start)) {
      if (!seen.contains(known) && !Files.exists(known)) {
        note(known, null);
      }
    }
  }

  private void note(Path path, @Nullable Stamp stamp) {
    Stamp now = stamp == null ? GONE : stamp;
    if (now.equals(read.getOrDefault(path, GONE))) {
      unsettled.remove(path);
      return;
    }
    Unsettled before = unsettled.get(path);
    if (before == null || !before.stamp().equals(now)) {
      unsettled.put(path, new Unsettled(now, nanoTime.getAsLong()));
    }
  }

  private static final Stamp GONE = new Stamp(0, -1, null);

  /** Reads what has not changed for a while. */
  private void settle() {
    long now = nanoTime.getAsLong();
    for (Path path : List.copyOf(unsettled.keySet())) {
      Stamp stamp = stampOf(path);
      note(path, stamp);
      Unsettled state = unsettled.get(path);
      if (state == null || now - state.since() < SETTLE.toNanos()) {
        continue;
      }
      unsettled.remove(path);
      if (state.stamp().equals(GONE)) {
        read.remove(path);
        manifests.fileGone(name(path));
        lastGood.forget(name(path));
      } else {
        readFile(path, state.stamp(), false);
      }
    }
  }

  private void readFile(Path path, Stamp stamp, boolean first) {
    String name = name(path);
    try {
      if (stamp.size() > MAX_FILE_BYTES) {
        manifests.fileUnreadable(
            name, stamp.size() + " bytes", "a file of at most " + MAX_FILE_BYTES + " bytes");
      } else {
        byte[] bytes = Files.readAllBytes(path);
        if (!stamp.equals(stampOf(path))) {
          unsettled.put(path, new Unsettled(GONE, nanoTime.getAsLong()));
          return;
        }
        String text =
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(bytes))
                .toString();
        if (manifests.fileRead(name, text)) {
          lastGood.keep(name, text);
        } else if (first) {
          restore(name, text);
        }
      }
    } catch (CharacterCodingException e) {
      restoreUnread(name, first);
      manifests.fileUnreadable(name, "bytes that are not UTF-8", "text in UTF-8");
    } catch (IOException e) {
      restoreUnread(name, first);
      manifests.fileUnreadable(name, e.toString(), "a file that can be read");
    }
    read.put(path, stamp);
  }

  /**
   * Begins with what last was good of a file, so that its mistakes cost nothing that was in effect.
   */
  private void restore(String name, String text) {
    lastGood
        .read(name)
        .ifPresent(
            good -> {
              manifests.fileRead(name, good);
              restored.addAll(manifests.drain());
              manifests.fileRead(name, text);
            });
  }

  private void restoreUnread(String name, boolean first) {
    if (first) {
      lastGood.read(name).ifPresent(good -> manifests.fileRead(name, good));
    }
  }

  private String name(Path path) {
    return folder.relativize(path).toString();
  }

  private static @Nullable Stamp stampOf(Path path) {
    try {
      return stampOf(Files.readAttributes(path, BasicFileAttributes.class));
    } catch (IOException e) {
      return null;
    }
  }

  private static Stamp stampOf(BasicFileAttributes attributes) {
    return new Stamp(
        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
        attributes.size(),
        attributes.fileKey());
  }

  private boolean hidden(Path path) {
    Path below = folder.relativize(path);
    for (Path part : below) {
      if (part.toString().startsWith(".") && !part.toString().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isManifest(Path file) {
    String name = file.toString();
    return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
  }
}
