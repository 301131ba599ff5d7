package dev.groundmesh.lab.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A command that runs to its end while the caller waits. */
public final class Command {
  private static final int MAX_SHOWN = 100;
  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  /** What a command left: its exit status (128 + signal when killed) and all that it wrote. */
  public record Output(List<String> command, int exit, String stdout, String stderr) {
    public boolean succeeded() {
      return exit == 0;
    }

    /** Returns this, or fails with the command and its stderr. */
    public Output orThrow() {
      if (exit != 0) {
        throw new CommandFailedException(
            "exit status " + exit + " of: " + shown(command) + "\n" + stderr.strip());
      }
      return this;
    }
  }

  private Command() {}

  /** Runs a command and fails, with its stderr, unless it ends with status 0 within 30 s. */
  public static Output run(String... command) {
    return run(List.of(command), "", DEFAULT_LIMIT).orThrow();
  }

  /**
   * Runs a command whatever its exit status.
   *
   * @throws CommandFailedException if it cannot be started or runs past the limit (it is killed
   *     then)
   */
  public static Output run(List<String> command, String stdin, Duration limit) {
    Process process;
    try {
      process = new ProcessBuilder(command).start();
    } catch (IOException e) {
      throw new CommandFailedException("cannot start: " + shown(command), e);
    }
    var stdout = readAll(process.getInputStream());
    var stderr = readAll(process.getErrorStream());
    try {
      writeAll(process.getOutputStream(), stdin);
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
        throw new CommandFailedException(
            "no end within " + limit + " of: " + shown(command) + "\n" + stderr.join().strip());
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new CommandFailedException("interrupted: " + shown(command), e);
    }
    return new Output(List.copyOf(command), process.exitValue(), stdout.join(), stderr.join());
  }

  /** A command as one line, long words (class paths, scripts) cut short. */
  static String shown(List<String> command) {
    return command.stream()
        .map(word -> word.length() <= MAX_SHOWN ? word : word.substring(0, MAX_SHOWN) + "...")
        .collect(Collectors.joining(" "));
  }

  private static void writeAll(OutputStream stdin, String text) {
    try (stdin) {
      stdin.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The command ended without reading its input; its exit status tells the rest.
    }
  }

  private static CompletableFuture<String> readAll(InputStream stream) {
    var text = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
              }
            });
    return text;
  }
}
