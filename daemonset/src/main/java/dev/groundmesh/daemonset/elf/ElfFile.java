package dev.groundmesh.daemonset.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a 64-bit ELF file asks of the dynamic loader.
 *
 * @param interpreter path of the loader; empty for a library or a static program
 * @param needed names of the libraries that it is linked with
 * @param runPath folders that it names for them, as written
 * @see <a href="https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html">System V ABI,
 *     dynamic linking</a>
 */
public record ElfFile(Optional<String> interpreter, List<String> needed, List<String> runPath) {
  private static final int MAGIC = 0x7f454c46;
  private static final int LOAD = 1;
  private static final int DYNAMIC = 2;
  private static final int INTERPRETER = 3;
  private static final int TAG_NEEDED = 1;
  private static final int TAG_STRINGS = 5;
  private static final int TAG_RPATH = 15;
  private static final int TAG_RUNPATH = 29;
  private static final int LARGEST_TABLE = 1 << 24;

  /** Copies the lists. */
  public ElfFile {
    needed = List.copyOf(needed);
    runPath = List.copyOf(runPath);
  }

  private record Segment(int type, long offset, long address, long size) {}

  /**
   * Reads a file.
   *
   * @return empty if it is no 64-bit little-endian ELF file
   */
  public static Optional<ElfFile> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() < 64) {
        return Optional.empty();
      }
      ByteBuffer header = at(channel, 0, 64);
      boolean wide = header.get(4) == 2 && header.get(5) == 1;
      if (header.order(ByteOrder.BIG_ENDIAN).getInt(0) != MAGIC || !wide) {
        return Optional.empty();
      }
      header.order(ByteOrder.LITTLE_ENDIAN);
      return Optional.of(read(channel, segments(channel, header)));
    } catch (IndexOutOfBoundsException e) {
      throw new IOException(file + ": its ELF tables are cut off", e);
    }
  }

  private static List<Segment> segments(FileChannel channel, ByteBuffer header) throws IOException {
    int size = header.getShort(54) & 0xffff;
    int count = header.getShort(56) & 0xffff;
    ByteBuffer table = at(channel, header.getLong(32), (long) size * count);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = i * size;
      segments.add(
          new Segment(
              table.getInt(from),
              table.getLong(from + 8),
              table.getLong(from + 16),
              table.getLong(from + 32)));
    }
    return segments;
  }

  private static ElfFile read(FileChannel channel, List<Segment> segments) throws IOException {
    String interpreter = null;
    List<Long> needed = new ArrayList<>();
    List<Long> runPath = new ArrayList<>();
    long strings = -1;
    for (Segment segment : segments) {
      if (segment.type() == INTERPRETER) {
        interpreter = text(at(channel, segment.offset(), segment.size()), 0);
      } else if (segment.type() == DYNAMIC) {
        ByteBuffer table = at(channel, segment.offset(), segment.size());
        for (int from = 0; from + 16 <= table.limit(); from += 16) {
          long value = table.getLong(from + 8);
          switch ((int) table.getLong(from)) {
            case TAG_NEEDED -> needed.add(value);
            case TAG_STRINGS -> strings = value;
            case TAG_RPATH, TAG_RUNPATH -> runPath.add(value);
            default -> {}
          }
        }
      }
    }
    if (needed.isEmpty() && runPath.isEmpty()) {
      return new ElfFile(Optional.ofNullable(interpreter), List.of(), List.of());
    }
    ByteBuffer names = stringsAt(channel, segments, strings);
    return new ElfFile(
        Optional.ofNullable(interpreter),
        needed.stream().map(offset -> text(names, offset.intValue())).toList(),
        runPath.stream()
            .flatMap(offset -> List.of(text(names, offset.intValue()).split(":")).stream())
            .toList());
  }

  /** The string table is named by its address in memory. */
  private static ByteBuffer stringsAt(FileChannel channel, List<Segment> segments, long address)
      throws IOException {
    for (Segment segment : segments) {
      long into = address - segment.address();
      if (segment.type() == LOAD && into >= 0 && into < segment.size()) {
        return at(channel, segment.offset() + into, Math.min(segment.size() - into, LARGEST_TABLE));
      }
    }
    throw new IOException("no segment holds the dynamic string table");
  }

  private static ByteBuffer at(FileChannel channel, long offset, long size) throws IOException {
    if (size < 0 || size > LARGEST_TABLE || offset < 0 || offset + size > channel.size()) {
      throw new IOException("ELF table of " + size + " bytes at " + offset + ": outside the file");
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    int read;
    do {
      read = channel.read(buffer, offset + buffer.position());
    } while (read > 0);
    return buffer.flip();
  }

  private static String text(ByteBuffer from, int offset) {
    int end = offset;
    while (from.get(end) != 0) {
      end++;
    }
    return StandardCharsets.UTF_8.decode(from.slice(offset, end - offset)).toString();
  }
}
