package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pages of files that a start or a burst of changes touched and that running may not touch again:
 * the JVM's code, its AOT cache, the native libraries. They stay resident until memory is short, so
 * the process lets go of them by itself; what is needed comes back from the page cache at the next
 * access.
 *
 * <p>Only private mappings of files that cannot be written and hold no page of the process's own
 * are let go of (proc_pid_smaps(5), {@code Anonymous}), for MADV_DONTNEED loses nothing but those
 * (madvise(2)). Shared ones stay: a ring buffer of BPF looks like a file too, and its pages do not
 * come back.
 */
public final class FilePages {
  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final String RESIDENT = "Rss:";
  private static final String ANONYMOUS = "Anonymous:";
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_NOHUGEPAGE = 15;

  private FilePages() {}

  /** A range of addresses with the same backing. */
  record Mapping(long begin, long end, long residentKib) {}

  /**
   * Lets go of the clean pages of all files that this process has mapped. Any thread; takes some
   * milliseconds, so not one that carries traffic.
   *
   * @return how much was resident before, in bytes
   * @throws IOException if the mappings cannot be read
   */
  public static long letGo() throws IOException {
    long bytes = 0;
    for (Mapping mapping : clean(Files.readAllLines(SMAPS, StandardCharsets.ISO_8859_1))) {
      long length = mapping.end - mapping.begin;
      Libc.madvise(mapping.begin, length, MADV_NOHUGEPAGE);
      if (Libc.madvise(mapping.begin, length, MADV_DONTNEED) == 0) {
        bytes += mapping.residentKib << 10;
      }
    }
    return bytes;
  }

  /**
   * The mappings of files in an smaps listing of which no page is the process's own. A listing has
   * thousands of lines, most of them of no interest: those cost no more than a look at their start.
   */
  static List<Mapping> clean(List<String> smaps) {
    List<Mapping> clean = new ArrayList<>();
    String header = "";
    long resident = 0;
    for (String line : smaps) {
      if (isHeader(line)) {
        header = line;
      } else if (line.startsWith(RESIDENT)) {
        resident = kib(line);
      } else if (line.startsWith(ANONYMOUS)
          && resident > 0
          && kib(line) == 0
          && isUnwritableFile(header)) {
        int dash = header.indexOf('-');
        clean.add(
            new Mapping(
                Long.parseUnsignedLong(header, 0, dash, 16),
                Long.parseUnsignedLong(header, dash + 1, header.indexOf(' '), 16),
                resident));
      }
    }
    return clean;
  }

  /** Fields have capitals, addresses are in lower case. */
  private static boolean isHeader(String line) {
    return !line.isEmpty() && !Character.isUpperCase(line.charAt(0));
  }

  /** The number of a line like {@code Rss: 12 kB}. */
  private static long kib(String line) {
    int end = line.lastIndexOf(' ');
    return Long.parseLong(line, line.lastIndexOf(' ', end - 1) + 1, end, 10);
  }

  /** A header: range, permissions, offset, device, inode, path. */
  private static boolean isUnwritableFile(String header) {
    int permissions = header.indexOf(' ') + 1;
    return header.startsWith("r-", permissions)
        && header.charAt(permissions + 3) == 'p'
        && header.indexOf(" /", permissions) > 0;
  }
}
