package dev.groundmesh.groundctl.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * An archive that is filled piece by piece. Every text goes through the redaction: there is no
 * other way in. A piece that cannot be had is noted and leaves the others as they are.
 */
public final class BugReport implements Closeable {
  private static final int LARGEST = 16 << 20;
  private static final String CUT = "\n[cut: the whole is larger]\n";
  private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();

  /** Gets one piece. */
  @FunctionalInterface
  public interface Piece {
    String get();
  }

  private final TarGz archive;
  private final String folder;
  private final List<String> missing = new ArrayList<>();
  private int pieces;

  /**
   * Begins a report.
   *
   * @param folder what all its files are in
   */
  public BugReport(OutputStream out, String folder, Instant now) throws IOException {
    this.archive = new TarGz(out, now.getEpochSecond());
    this.folder = folder;
  }

  /**
   * Adds a file.
   *
   * @param path inside of the report
   * @param piece what it holds; one that throws is noted as missing
   */
  public void add(String path, Piece piece) throws IOException {
    String text;
    try {
      text = piece.get();
    } catch (RuntimeException e) {
      missing.add(path + ": " + e.getMessage());
      return;
    }
    String redacted = Redactor.redact(text);
    byte[] content =
        (redacted.length() <= LARGEST ? redacted : redacted.substring(0, LARGEST) + CUT)
            .getBytes(StandardCharsets.UTF_8);
    archive.add(folder + '/' + path, content);
    pieces++;
  }

  /** Adds a file of JSON, written for people. */
  public void addJson(String path, JsonNode json) throws IOException {
    add(path, () -> pretty(json));
  }

  /** What could not be had so far, and why. */
  public List<String> missing() {
    return List.copyOf(missing);
  }

  /** How many files there are. */
  public int pieces() {
    return pieces;
  }

  private static String pretty(JsonNode json) {
    try {
      return JSON.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that was read can be written", e);
    }
  }

  /** Notes what is missing, and ends the archive. */
  @Override
  public void close() throws IOException {
    String noted = Redactor.redact(String.join("\n", missing) + '\n');
    archive.add(folder + "/missing.txt", noted.getBytes(StandardCharsets.UTF_8));
    archive.close();
  }
}
