package dev.groundmesh.nodeagent.lifecycle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that say that this very process serves and lives, by the time they were touched. The node's
 * ports cannot say it: during a hand-over they are another agent's.
 */
public final class Signs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Signs.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Path directory;
  private final BooleanSupplier ready;
  private final BooleanSupplier alive;
  private final InstantSource clock;
  private final Repetition repetition;

  /**
   * Begins at once.
   *
   * @param directory of {@code ready} and {@code alive}; is there
   */
  public Signs(Path directory, BooleanSupplier ready, BooleanSupplier alive, InstantSource clock) {
    this.directory = directory;
    this.ready = ready;
    this.alive = alive;
    this.clock = clock;
    this.repetition = new Repetition("signs", this::give, INTERVAL);
  }

  /** Gives those that hold now. */
  public synchronized void give() {
    give("ready", ready.getAsBoolean());
    give("alive", alive.getAsBoolean());
  }

  private void give(String name, boolean holds) {
    Path file = directory.resolve(name);
    try {
      if (!holds) {
        Files.deleteIfExists(file);
      } else if (Files.exists(file)) {
        Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
      } else {
        Files.createFile(file);
      }
    } catch (IOException e) {
      log.warn("{}: cannot be touched: {}", file, e.getMessage());
    }
  }

  @Override
  public void close() {
    repetition.close();
  }
}
