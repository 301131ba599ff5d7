package dev.groundmesh.nodeagent.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last good state as a journal: a change costs an append of its own size, and the file is
 * written anew, atomically, when it has outgrown what lives in it. A torn last entry ends the
 * replay: what comes before it is still good, and the controller is asked for the rest. Not safe
 * for use by several threads.
 */
final class ResourceJournal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ResourceJournal.class);

  private final Path file;
  private final long slackBytes;
  private final Map<ResourceKey, ResourceChange> unwritten = new LinkedHashMap<>();
  private @Nullable FileChannel channel;
  private long end;
  private long compactedEnd;

  /**
   * @param slackBytes how much more than twice its compacted size the file may grow to
   */
  ResourceJournal(Path file, long slackBytes) {
    this.file = file;
    this.slackBytes = slackBytes;
  }

  /**
   * Passes on what the file holds; nothing where there is none or it is not a journal.
   *
   * @throws DamagedJournalException if more than its end is missing; nothing was passed on, and the
   *     next {@link #append} begins a new one
   */
  void load(Consumer<StoredResource> resources) throws IOException {
    try {
      forEachLive((stored, _) -> resources.accept(stored));
    } catch (DamagedJournalException e) {
      Files.delete(file);
      throw e;
    }
  }

  /**
   * Appends the changes, those that failed before first.
   *
   * @throws IOException if they could not be written; they are kept for the next call
   */
  void append(Collection<? extends ResourceChange> changes) throws IOException {
    for (ResourceChange change : changes) {
      unwritten.remove(ResourceKey.of(change));
      unwritten.put(ResourceKey.of(change), change);
    }
    if (unwritten.isEmpty()) {
      return;
    }
    FileChannel out = open();
    long position = end;
    try {
      for (ResourceChange change : unwritten.values()) {
        ByteBuffer entry = JournalCodec.encode(change);
        while (entry.hasRemaining()) {
          position += out.write(entry, position);
        }
      }
    } catch (IOException e) {
      truncate(out);
      throw e;
    }
    end = position;
    unwritten.clear();
    if (end > 2 * compactedEnd + slackBytes) {
      compact();
    }
  }

  /** Changes not yet on disk because writing failed. */
  int unwritten() {
    return unwritten.size();
  }

  private FileChannel open() throws IOException {
    FileChannel open = channel;
    if (open != null) {
      return open;
    }
    compact();
    open = FileChannel.open(file, StandardOpenOption.WRITE);
    channel = open;
    return open;
  }

  /** Leaves no half entry behind; where even that fails, the next replay stops at it. */
  private void truncate(FileChannel out) {
    try {
      out.truncate(end);
    } catch (IOException e) {
      log.debug("{}: cannot be cut back to its last whole entry", file, e);
    }
  }

  private void compact() throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    long size;
    try (FileChannel out =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      write(out, JournalCodec.header(0));
      forEachLive((_, entry) -> write(out, entry));
      size = out.position();
      write(out.position(0), JournalCodec.header(size));
      out.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(fresh);
      throw e;
    }
    close();
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    end = size;
    compactedEnd = size;
    channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /** Takes a resource and its entry. */
  private interface LiveEntry {
    void take(StoredResource resource, ByteBuffer entry) throws IOException;
  }

  private void forEachLive(LiveEntry consumer) throws IOException {
    LiveEntries live = LiveEntries.of(file);
    if (live.end() == 0) {
      return;
    }
    try (JournalReader journal = JournalReader.open(file)) {
      for (int number = 0; number < live.end(); number++) {
        if (journal.next() instanceof ResourceChange.Stored stored && live.contains(number)) {
          consumer.take(stored.resource(), journal.entry());
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }
}
