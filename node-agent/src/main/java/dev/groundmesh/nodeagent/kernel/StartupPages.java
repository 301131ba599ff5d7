package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pages of files that the start touched and that running may never touch again: the JVM's code, its
 * AOT cache, the native libraries. They stay resident until memory is short, so the process lets go
 * of them by itself; what is needed comes back from the page cache at the next access.
 *
 * <p>Only private mappings of files that cannot be written and hold no page of the process's own
 * are let go of (proc_pid_smaps(5), {@code Anonymous}), for MADV_DONTNEED loses nothing but those
 * (madvise(2)). Shared ones stay: a ring buffer of BPF looks like a file too, and its pages do not
 * come back.
 */
public final class StartupPages {
  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final int MADV_DONTNEED = 4;

  private StartupPages() {}

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
      if (Libc.madvise(mapping.begin, mapping.end - mapping.begin, MADV_DONTNEED) == 0) {
        bytes += mapping.residentKib << 10;
      }
    }
    return bytes;
  }

  /** The mappings of files in an smaps listing of which no page is the process's own. */
  static List<Mapping> clean(List<String> smaps) {
    List<Mapping> clean = new ArrayList<>();
    Optional<String[]> header = Optional.empty();
    long resident = 0;
    for (String line : smaps) {
      String[] fields = line.split("\\s+", 6);
      if (fields.length >= 5 && fields[0].indexOf('-') > 0) {
        header = Optional.of(fields).filter(StartupPages::isUnwritableFile);
      } else if (fields[0].equals("Rss:")) {
        resident = Long.parseLong(fields[1]);
      } else if (fields[0].equals("Anonymous:") && header.isPresent()) {
        if (Long.parseLong(fields[1]) == 0 && resident > 0) {
          String[] range = header.get()[0].split("-", 2);
          clean.add(
              new Mapping(
                  Long.parseUnsignedLong(range[0], 16),
                  Long.parseUnsignedLong(range[1], 16),
                  resident));
        }
        header = Optional.empty();
      }
    }
    return clean;
  }

  /** Fields of a header: range, permissions, offset, device, inode, path. */
  private static boolean isUnwritableFile(String[] header) {
    return header.length == 6
        && header[5].startsWith("/")
        && header[1].startsWith("r-")
        && header[1].endsWith("p");
  }
}
