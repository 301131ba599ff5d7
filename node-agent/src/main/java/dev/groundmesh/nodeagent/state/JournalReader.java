package dev.groundmesh.nodeagent.state;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a journal from its first entry to its last, with one of them in memory at a time. A file
 * that is missing or no journal has none. A torn last entry, as a crash leaves it, was never
 * written: what precedes it is the last good state. Any other damage makes the whole useless: what
 * is lost may be a policy.
 */
final class JournalReader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JournalReader.class);
  private static final int MAX_ENTRY_BYTES = 64 << 20;
  private static final int USUAL_ENTRY_BYTES = 1024;

  private final Path file;
  private final @Nullable FileChannel channel;
  private final long size;
  private final long syncedBytes;
  private ByteBuffer entry = ByteBuffer.allocate(USUAL_ENTRY_BYTES);
  private long end = JournalCodec.HEADER_BYTES;

  private JournalReader(Path file, @Nullable FileChannel channel, long size, long syncedBytes) {
    this.file = file;
    this.channel = channel;
    this.size = size;
    this.syncedBytes = syncedBytes;
  }

  static JournalReader open(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new JournalReader(file, null, 0, 0);
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      ByteBuffer header = ByteBuffer.allocate(JournalCodec.HEADER_BYTES);
      if (fill(channel, header, 0) && header.getInt(0) == JournalCodec.MAGIC) {
        return new JournalReader(file, channel, channel.size(), header.getLong(Integer.BYTES));
      }
      log.warn(
          "{}: not a state journal; starting without the last good state reason={}",
          file,
          ReasonCode.STATE_UNREADABLE);
      return new JournalReader(file, channel, 0, 0);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * The next entry's change; null after the last one.
   *
   * @throws DamagedJournalException if more than the end of the file is missing
   */
  @Nullable ResourceChange next() throws IOException {
    FileChannel in = channel;
    if (in == null) {
      return null;
    }
    if (end >= size) {
      return end < syncedBytes ? damaged(true) : null;
    }
    int prefixBytes = JournalCodec.PREFIX_BYTES;
    int length = fill(in, entry.clear().limit(prefixBytes), end) ? entry.getInt(0) : -1;
    if (length < 0 || length > MAX_ENTRY_BYTES) {
      return damaged(size - end < prefixBytes);
    }
    long after = end + prefixBytes + length;
    // A crash may leave room that was never written to.
    if (length == 0 || after > size) {
      return damaged(true);
    }
    int checksum = entry.getInt(4);
    if (entry.capacity() < prefixBytes + length) {
      entry = ByteBuffer.allocate(prefixBytes + length).putInt(length).putInt(checksum);
    }
    entry.limit(prefixBytes + length).position(prefixBytes);
    if (!fill(in, entry, end + prefixBytes)) {
      return damaged(true);
    }
    ResourceChange change = JournalCodec.decode(entry.flip().slice(prefixBytes, length), checksum);
    if (change == null) {
      return damaged(after == size);
    }
    end = after;
    return change;
  }

  /** The entry that {@link #next} has read last, as it is in the file; valid until the next one. */
  ByteBuffer entry() {
    return entry.duplicate();
  }

  private @Nullable ResourceChange damaged(boolean torn) throws DamagedJournalException {
    if (!torn || end < syncedBytes) {
      throw new DamagedJournalException(file + ": damaged at byte " + end + " of " + size);
    }
    log.warn(
        "{}: torn at byte {} of {}; the entries before it are used, the rest comes from the"
            + " controller reason={}",
        file,
        end,
        size,
        ReasonCode.STATE_UNREADABLE);
    end = size;
    return null;
  }

  private static boolean fill(FileChannel in, ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int read = in.read(buffer, at);
      if (read < 0) {
        return false;
      }
      at += read;
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
