package dev.groundmesh.lab.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A running program: one process, its children, its cgroup and its log. Thread-safe. */
public final class Program implements AutoCloseable {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final int LOG_TAIL_LINES = 30;

  private final ProgramSpec spec;
  private final Process process;
  private final Cgroup cgroup;
  private final Path log;
  private final long startNanos;

  Program(ProgramSpec spec, Process process, Cgroup cgroup, Path log, long startNanos) {
    this.spec = spec;
    this.process = process;
    this.cgroup = cgroup;
    this.log = log;
    this.startNanos = startNanos;
  }

  public String name() {
    return spec.name();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The exit status (128 + signal when killed), or empty while it runs. */
  public OptionalInt exit() {
    return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
  }

  /** Both its stdout and its stderr. */
  public Path logFile() {
    return log;
  }

  public String log() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Time since the program was launched. */
  public Duration age() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** Waits up to 20 s for a condition; see {@link #await(Readiness, Duration)}. */
  public Program await(Readiness readiness) {
    return await(readiness, Duration.ofSeconds(20));
  }

  /**
   * Waits until the condition holds.
   *
   * @throws CommandFailedException if the program ends before, or the limit passes; with the end of
   *     its log
   */
  public Program await(Readiness readiness, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!readiness.holds(this)) {
      if (!process.isAlive() && !readiness.holds(this)) {
        throw failure("ended with status " + process.exitValue() + " before: " + readiness);
      }
      if (System.nanoTime() > deadline) {
        throw failure("not within " + limit + ": " + readiness);
      }
      try {
        // Asked more often, a program that is about to be ready would be busy with answers.
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailedException(
            name() + ": interrupted while waiting for: " + readiness, e);
      }
    }
    return this;
  }

  /** Sends a signal (e.g. {@code "TERM"}, {@code "HUP"}) to the program's first process. */
  public void signal(String signal) {
    Command.run("kill", "-s", signal, Long.toString(pid()));
  }

  /** Sends SIGTERM, gives it up to 10 s to end, then kills it and whatever it left running. */
  @Override
  public void close() {
    stop(STOP_LIMIT);
  }

  /** As {@link #close}, with a limit; returns whether it ended by itself. */
  public boolean stop(Duration limit) {
    process.destroy();
    boolean ended = awaitExit(limit);
    kill();
    return ended;
  }

  /** Sends SIGKILL to the program and all its children, and waits until they are gone. */
  public void kill() {
    cgroup.killAndRemove();
    awaitExit(STOP_LIMIT);
  }

  /** Waits for the program's end; false when the limit passed first. */
  public boolean awaitExit(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** CPU time of the program and its children so far. */
  public Cgroup.CpuTime cpuTime() {
    return cgroup.cpuTime();
  }

  /** Memory and threads of the program's first process, as the kernel counts them now. */
  public ProcessStatus status() {
    return ProcessStatus.of(pid());
  }

  private CommandFailedException failure(String what) {
    List<String> lines = log().lines().toList();
    List<String> tail = lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size());
    return new CommandFailedException(
        name()
            + " ("
            + Command.shown(spec.command())
            + "): "
            + what
            + "\n"
            + String.join("\n", tail));
  }

  @Override
  public String toString() {
    return name() + " (pid " + pid() + ")";
  }
}
