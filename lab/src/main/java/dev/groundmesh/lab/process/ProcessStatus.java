package dev.groundmesh.lab.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code /proc/<pid>/status} says of a process.
 *
 * @param rssBytes resident set now
 * @param peakRssBytes the most it ever was
 * @param anonymousBytes the part of the resident set that no file backs
 */
public record ProcessStatus(long rssBytes, long peakRssBytes, long anonymousBytes, int threads) {
  /** Reads the status of a live process. */
  public static ProcessStatus of(long pid) {
    try {
      return parse(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ProcessStatus parse(String text) {
    long rss = 0;
    long peak = 0;
    long anonymous = 0;
    int threads = 0;
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String value = line.substring(colon + 1).strip();
      switch (line.substring(0, colon)) {
        case "VmRSS" -> rss = kibibytes(value);
        case "VmHWM" -> peak = kibibytes(value);
        case "RssAnon" -> anonymous = kibibytes(value);
        case "Threads" -> threads = Integer.parseInt(value);
        default -> {}
      }
    }
    return new ProcessStatus(rss, peak, anonymous, threads);
  }

  private static long kibibytes(String value) {
    return Long.parseLong(value.substring(0, value.indexOf(' '))) * 1024;
  }
}
