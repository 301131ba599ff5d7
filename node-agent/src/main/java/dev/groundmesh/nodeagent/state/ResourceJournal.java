package dev.groundmesh.nodeagent.state;

import dev.groundmesh.meshapi.reason.ReasonCode;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last good state as a journal: a change costs an append of its own size, and the file is
 * written anew, atomically, when it has outgrown what lives in it. A torn or damaged entry ends the
 * replay: what comes before it is still good, and the controller is asked for the rest. Not safe
 * for use by several threads.
 */
final class ResourceJournal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ResourceJournal.class);
  private static final int MAGIC = 0x474d4a31;
  private static final int HEADER_BYTES = 4;
  private static final int MAX_ENTRY_BYTES = 64 << 20;

  private record Key(String typeUrl, String name) {
    static Key of(ResourceChange change) {
      return new Key(change.typeUrl(), change.name());
    }
  }

  private final Path file;
  private final long slackBytes;
  private final Map<Key, ResourceChange> unwritten = new LinkedHashMap<>();
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

  /** What the file holds; empty where there is none or it is not a journal. */
  List<StoredResource> load() throws IOException {
    Map<Key, StoredResource> live = new LinkedHashMap<>();
    replay(live);
    return List.copyOf(live.values());
  }

  /**
   * Appends the changes, those that failed before first.
   *
   * @throws IOException if they could not be written; they are kept for the next call
   */
  void append(Collection<? extends ResourceChange> changes) throws IOException {
    for (ResourceChange change : changes) {
      unwritten.remove(Key.of(change));
      unwritten.put(Key.of(change), change);
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
    Map<Key, StoredResource> live = new LinkedHashMap<>();
    replay(live);
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    long position = HEADER_BYTES;
    try (FileChannel out =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).putInt(MAGIC).flip();
      while (header.hasRemaining()) {
        out.write(header);
      }
      for (StoredResource resource : live.values()) {
        ByteBuffer entry = JournalCodec.encode(new ResourceChange.Stored(resource));
        position += entry.remaining();
        while (entry.hasRemaining()) {
          out.write(entry);
        }
      }
      out.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(fresh);
      throw e;
    }
    close();
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    end = position;
    compactedEnd = position;
    channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  private void replay(Map<Key, StoredResource> live) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = in.size();
      ByteBuffer prefix = ByteBuffer.allocate(JournalCodec.PREFIX_BYTES);
      if (size < HEADER_BYTES
          || !fill(in, prefix.limit(HEADER_BYTES))
          || prefix.getInt(0) != MAGIC) {
        log.warn(
            "{}: not a state journal; starting without the last good state reason={}",
            file,
            ReasonCode.STATE_UNREADABLE);
        return;
      }
      long position = HEADER_BYTES;
      while (position < size) {
        prefix.clear();
        int length = fill(in, prefix) ? prefix.getInt(0) : -1;
        if (length <= 0
            || length > MAX_ENTRY_BYTES
            || length > size - position - JournalCodec.PREFIX_BYTES) {
          damaged(position, size);
          return;
        }
        ByteBuffer content = ByteBuffer.allocate(length);
        ResourceChange change =
            fill(in, content) ? JournalCodec.decode(content.flip(), prefix.getInt(4)) : null;
        if (change == null) {
          damaged(position, size);
          return;
        }
        switch (change) {
          case ResourceChange.Stored stored -> {
            live.remove(Key.of(change));
            live.put(Key.of(change), stored.resource());
          }
          case ResourceChange.Removed removed -> live.remove(Key.of(removed));
        }
        position += JournalCodec.PREFIX_BYTES + length;
      }
    }
  }

  private void damaged(long position, long size) {
    log.warn(
        "{}: damaged at byte {} of {}; the entries before it are used, the rest comes from the"
            + " controller reason={}",
        file,
        position,
        size,
        ReasonCode.STATE_UNREADABLE);
  }

  private static boolean fill(FileChannel in, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (in.read(buffer) < 0) {
        return false;
      }
    }
    return true;
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
