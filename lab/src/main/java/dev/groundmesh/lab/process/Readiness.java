package dev.groundmesh.lab.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A condition that a program has to reach, with words for when it does not. */
public final class Readiness {
  private static final String LISTEN = "0A";

  private final String words;
  private final Predicate<Program> condition;

  private Readiness(String words, Predicate<Program> condition) {
    this.words = words;
    this.condition = condition;
  }

  /** Any condition; {@code words} complete the sentence "waiting for ...". */
  public static Readiness when(String words, Predicate<Program> condition) {
    return new Readiness(words, condition);
  }

  /** A TCP listener on the port, on any address of the program's network namespace. */
  public static Readiness listening(int port) {
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    return when(
        "a listener on port " + port,
        program -> listens(program.pid(), "tcp", suffix) || listens(program.pid(), "tcp6", suffix));
  }

  /** The log holds the text. */
  public static Readiness logged(String text) {
    return when("\"" + text + "\" in the log", program -> program.log().contains(text));
  }

  /** The program ended, whatever its exit status. */
  public static Readiness ended() {
    return when("its end", program -> !program.isAlive());
  }

  boolean holds(Program program) {
    return condition.test(program);
  }

  private static boolean listens(long pid, String table, String portSuffix) {
    try (Stream<String> sockets = Files.lines(Path.of("/proc", Long.toString(pid), "net", table))) {
      return sockets
          .skip(1)
          .map(line -> line.strip().split(" +", 5))
          .anyMatch(field -> field[1].endsWith(portSuffix) && field[3].equals(LISTEN));
    } catch (IOException | java.io.UncheckedIOException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return words;
  }
}
