package dev.groundmesh.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The L4 data path, whole: direct, Groundmesh and a peer in one run, interleaved repetition by
 * repetition. See {@link BenchOptions} for what can be asked for. Needs root.
 */
public final class L4Bench {
  private final BenchOptions options;
  private final PrintStream progress;
  private final Results results = new Results();
  private final List<String> notes = new ArrayList<>();
  private double highestForeign;
  private int dropped;

  private L4Bench(BenchOptions options, PrintStream progress) {
    this.options = options;
    this.progress = progress;
  }

  public static void main(String[] args) throws IOException {
    Set<String> known =
        Arrays.stream(TrafficCase.values())
            .map(TrafficCase::caseName)
            .collect(Collectors.toCollection(TreeSet::new));
    BenchOptions options;
    try {
      options = BenchOptions.fromEnvironment(System.getenv(), known);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    new L4Bench(options, System.err).run(System.out);
  }

  private void run(PrintStream out) throws IOException {
    Instant start = Instant.now();
    for (BenchOptions.Mode mode : options.modes()) {
      try (var testbed = new Testbed(mode, options)) {
        testbed.subjects().forEach(Subject::start);
        traffic(mode, testbed);
      }
    }
    results.writeJson(options.output());
    out.print(results.table(options.peer().map(peer -> "ztunnel")));
    notes.forEach(out::println);
    out.printf(
        Locale.ROOT,
        "%s, kernel %s, %d CPUs, %d s; foreign load at most %.2f cores in what counts, %d repetitions dropped (%s)%n",
        start.toString().substring(0, 16),
        System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        Duration.between(start, Instant.now()).toSeconds(),
        highestForeign,
        dropped,
        options.output());
  }

  private void traffic(BenchOptions.Mode mode, Testbed testbed) {
    List<TrafficCase> cases =
        Arrays.stream(TrafficCase.values()).filter(one -> options.wants(one.caseName())).toList();
    List<Subject> subjects = testbed.subjects();
    int threads = mode == BenchOptions.Mode.PINNED ? 1 : 2;
    progress.printf(
        "%s: %d cases, %d subjects, %d repetitions of %d s: about %d s%n",
        mode,
        cases.size(),
        subjects.size(),
        options.repetitions(),
        options.seconds(),
        cases.size() * subjects.size() * (options.repetitions() + 1) * (options.seconds() + 1));
    for (TrafficCase one : cases) {
      String name = mode + "/" + one.caseName();
      // Just-in-time compilers, pools and slow starts settle before what is measured.
      subjects.forEach(subject -> one.run(subject, 1, threads));
      var attempts = new Attempts<>(subjects, options.repetitions());
      for (Optional<Subject> next = attempts.next(); next.isPresent(); next = attempts.next()) {
        Subject subject = next.get();
        ForeignLoad foreign = ForeignLoad.measure(testbed.lab().cgroup());
        List<Sample> samples = one.run(subject, options.seconds(), threads);
        double cores = foreign.cores();
        attempts.done(subject, new Attempts.Attempt(samples, cores));
        progress.printf(
            Locale.ROOT,
            "  %-26s %-12s %s (foreign %.2f)%n",
            name,
            subject.name(),
            samples.stream()
                .map(
                    sample ->
                        String.format(
                            Locale.ROOT,
                            "%s %.4g %s",
                            sample.metric(),
                            sample.value(),
                            sample.unit()))
                .collect(Collectors.joining(", ")),
            cores);
      }
      for (Subject subject : subjects) {
        record(name, subject, attempts);
      }
    }
  }

  private void record(String name, Subject subject, Attempts<Subject> attempts) {
    List<Attempts.Attempt> counting = attempts.counting(subject);
    dropped += attempts.count(subject) - counting.size();
    if (counting.stream().anyMatch(Attempts.Attempt::disturbed)) {
      notes.add(
          "%s, %s: no repetition was undisturbed; the least disturbed stand"
              .formatted(name, subject.name()));
    }
    for (Attempts.Attempt attempt : counting) {
      highestForeign = Math.max(highestForeign, attempt.foreign());
      attempt.samples().forEach(sample -> results.add(name, subject.name(), sample));
    }
  }
}
