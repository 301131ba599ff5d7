package dev.groundmesh.lab.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** How a program is to be started; each {@link #start} starts one more. Not thread-safe. */
public final class ProgramSpec {
  private static final AtomicInteger SERIAL = new AtomicInteger();

  private final Surroundings surroundings;
  private final List<String> command;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String name;
  private Path directory;

  public ProgramSpec(Surroundings surroundings, List<String> command) {
    this.surroundings = surroundings;
    this.command = List.copyOf(command);
    name = Path.of(command.getFirst()).getFileName().toString();
    directory = surroundings.logs();
  }

  /** The name in logs and errors; by default the file name of the program. */
  public ProgramSpec named(String name) {
    this.name = name;
    return this;
  }

  public ProgramSpec env(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  public ProgramSpec env(Map<String, String> variables) {
    environment.putAll(variables);
    return this;
  }

  /** The working directory; by default where the lab's logs are. */
  public ProgramSpec directory(Path directory) {
    this.directory = directory;
    return this;
  }

  public String name() {
    return name;
  }

  public List<String> command() {
    return command;
  }

  /**
   * Starts the program; returns at once, see {@link Program#await(Readiness)}.
   *
   * @throws CommandFailedException if the first process cannot be started
   */
  public Program start() {
    String unique = surroundings.host() + "-" + name + "-" + SERIAL.incrementAndGet();
    Cgroup cgroup = surroundings.cgroup().child(unique);
    Path log = surroundings.logs().resolve(unique + ".log");
    var whole = new ArrayList<>(surroundings.entry(cgroup));
    surroundings
        .cpu()
        .ifPresent(number -> whole.addAll(List.of("taskset", "-c", Integer.toString(number))));
    whole.addAll(command);
    var builder =
        new ProcessBuilder(whole)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(Path.of("/dev/null").toFile());
    builder.environment().putAll(environment);
    try {
      Files.createDirectories(log.getParent());
      long startNanos = System.nanoTime();
      return new Program(this, builder.start(), cgroup, log, startNanos);
    } catch (IOException e) {
      cgroup.killAndRemove();
      throw new UncheckedIOException(name + ": cannot be started", e);
    }
  }
}
