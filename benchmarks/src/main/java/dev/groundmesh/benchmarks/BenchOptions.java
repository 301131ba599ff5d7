package dev.groundmesh.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a run is asked to do, by environment.
 *
 * @param modes {@code BENCH_MODES}: {@code pinned}, {@code unpinned} or both
 * @param subjects {@code BENCH_SUBJECTS}: some of {@code direct}, {@code groundmesh}, {@code
 *     ztunnel}
 * @param cases {@code BENCH_CASES}: names of cases; empty for all
 * @param seconds {@code BENCH_SECONDS}: how long one repetition of a case lasts
 * @param repetitions {@code BENCH_REPETITIONS}: repetitions that have to count for each subject
 * @param peer {@code ZTUNNEL}: the peer's binary
 * @param output {@code BENCH_OUTPUT}: the JSON file
 */
record BenchOptions(
    List<Mode> modes,
    Set<String> subjects,
    Set<String> cases,
    int seconds,
    int repetitions,
    Optional<Path> peer,
    Path output) {

  private static final List<String> SUBJECTS =
      List.of(Results.DIRECT, Groundmesh.NAME, Ztunnel.NAME);

  enum Mode {
    PINNED,
    UNPINNED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param known the names that {@code BENCH_CASES} may hold
   * @throws IllegalArgumentException if a variable has a value that cannot be used
   */
  static BenchOptions fromEnvironment(Map<String, String> environment, Set<String> known) {
    Set<String> cases = new LinkedHashSet<>(list(environment, "BENCH_CASES", ""));
    for (String name : cases) {
      if (!known.contains(name)) {
        throw invalid("BENCH_CASES", name, "some of " + String.join(", ", known));
      }
    }
    Set<String> subjects =
        new LinkedHashSet<>(list(environment, "BENCH_SUBJECTS", String.join(",", SUBJECTS)));
    for (String name : subjects) {
      if (!SUBJECTS.contains(name)) {
        throw invalid("BENCH_SUBJECTS", name, "some of " + String.join(", ", SUBJECTS));
      }
    }
    return new BenchOptions(
        list(environment, "BENCH_MODES", "pinned,unpinned").stream()
            .map(BenchOptions::mode)
            .toList(),
        subjects,
        cases,
        integer(environment, "BENCH_SECONDS", 2, 600),
        integer(environment, "BENCH_REPETITIONS", 3, 100),
        Optional.ofNullable(environment.get("ZTUNNEL"))
            .filter(path -> !path.isBlank())
            .map(BenchOptions::binary),
        Path.of(environment.getOrDefault("BENCH_OUTPUT", "benchmarks/target/l4.json")));
  }

  boolean wantsSubject(String name) {
    return subjects.contains(name);
  }

  boolean wants(String benchCase) {
    return cases.isEmpty() || cases.contains(benchCase);
  }

  private static Mode mode(String name) {
    return switch (name) {
      case "pinned" -> Mode.PINNED;
      case "unpinned" -> Mode.UNPINNED;
      default -> throw invalid("BENCH_MODES", name, "pinned, unpinned or both, by comma");
    };
  }

  private static Path binary(String path) {
    Path binary = Path.of(path);
    if (!Files.isExecutable(binary)) {
      throw invalid("ZTUNNEL", path, "an executable file");
    }
    return binary.toAbsolutePath();
  }

  private static List<String> list(Map<String, String> environment, String name, String fallback) {
    return Arrays.stream(environment.getOrDefault(name, fallback).split(",", -1))
        .map(String::strip)
        .filter(item -> !item.isEmpty())
        .collect(Collectors.toList());
  }

  private static int integer(Map<String, String> environment, String name, int fallback, int most) {
    String value = environment.getOrDefault(name, Integer.toString(fallback));
    try {
      int number = Integer.parseInt(value);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of range.
    }
    throw invalid(name, value, "a whole number from 1 to " + most);
  }

  private static IllegalArgumentException invalid(String name, String value, String expected) {
    return new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
  }
}
