package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.mesh.AotTraining;
import dev.groundmesh.lab.mesh.JvmProfile;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The L4 data path, whole: direct, Groundmesh and a peer in one run, interleaved repetition by
 * repetition. See {@link BenchOptions} for what can be asked for. Needs root.
 */
public final class L4Bench {
  private static final String OUTSIDE = "outside";

  /** Runs, not one long one: what is measured begins with opening its connections. */
  private static final int WARM_UP_RUNS = 8;

  private static final int WARM_UP_RUN_SECONDS = 1;

  /** With the client and its neighbour, ten enrolled pods a node. */
  private static final int IDLE_PODS = 8;

  private final BenchOptions options;
  private final PrintStream progress;
  private final Results results = new Results();
  private final List<String> notes = new ArrayList<>();
  private final Freezes freezes;
  private double highestForeign;
  private double highestFrozen;
  private int dropped;

  private L4Bench(BenchOptions options, PrintStream progress, Freezes freezes) {
    this.options = options;
    this.progress = progress;
    this.freezes = freezes;
  }

  public static void main(String[] args) throws IOException {
    Set<String> known =
        Stream.of(
                Arrays.stream(TrafficCase.values()).map(TrafficCase::caseName),
                Arrays.stream(Footprint.values()).map(Footprint::caseName),
                Stream.of(OUTSIDE))
            .flatMap(names -> names)
            .collect(Collectors.toCollection(TreeSet::new));
    BenchOptions options;
    try {
      options = BenchOptions.fromEnvironment(System.getenv(), known);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    try (Freezes freezes = Freezes.watch()) {
      new L4Bench(options, System.err, freezes).run(System.out);
    }
  }

  private void run(PrintStream out) throws IOException {
    Instant start = Instant.now();
    JavaCommand agents = agents();
    for (BenchOptions.Mode mode :
        trafficWanted() ? options.modes() : List.<BenchOptions.Mode>of()) {
      try (var testbed = new Testbed(mode, options, agents, 0)) {
        outside(
            mode,
            testbed,
            Results.DIRECT,
            testbed.subjects().stream().filter(one -> !one.meshed()).findFirst());
        testbed.subjects().forEach(Subject::start);
        outside(mode, testbed, Groundmesh.NAME, testbed.outsideSubject());
        traffic(mode, testbed);
      }
    }
    footprints(agents);
    results.writeJson(options.output());
    out.print(results.table(options.peer().map(peer -> "ztunnel")));
    if (!freezes.watching()) {
      notes.add("nobody watched for freezes of the machine: chrt(1) could not start the probe");
    }
    notes.forEach(out::println);
    out.printf(
        Locale.ROOT,
        "%s, kernel %s, %d CPUs, %d s; in what counts foreign load at most %.2f cores, frozen at most %.1f %%; %d repetitions dropped (%s)%n",
        start.toString().substring(0, 16),
        System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        Duration.between(start, Instant.now()).toSeconds(),
        highestForeign,
        highestFrozen * 100,
        dropped,
        options.output());
  }

  private boolean trafficWanted() {
    return options.wants(OUTSIDE)
        || Arrays.stream(TrafficCase.values()).anyMatch(one -> options.wants(one.caseName()));
  }

  /**
   * Our agents as they are meant to be run: with the class path of their own module, from an AOT
   * cache that is trained here and now.
   */
  private JavaCommand agents() {
    Path home = Path.of(System.getProperty("groundmesh.home", "."));
    JavaCommand agent =
        JvmProfile.agent(ClassPath.ofJars(home.resolve("node-agent").resolve("target/lib")));
    if (!options.wantsSubject(Groundmesh.NAME)) {
      return agent;
    }
    progress.println("training the agent's AOT cache");
    Path cache = work().resolve("agent.aot");
    return AotTraining.train(new AotTraining.Trainee(agent, cache))
        ? agent.usingAotCache(cache)
        : agent;
  }

  private Path work() {
    try {
      return Files.createDirectories(
          options.output().toAbsolutePath().resolveSibling("bench-work"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Pods outside the mesh: first before any agent runs, then on nodes whose agents run. The hooks
   * of the agents are the whole machine's, so the two cannot take turns.
   */
  private void outside(
      BenchOptions.Mode mode, Testbed testbed, String name, Optional<Subject> pods) {
    if (pods.isEmpty() || !options.wants(OUTSIDE)) {
      return;
    }
    for (TrafficCase one :
        List.of(TrafficCase.IPERF3_1, TrafficCase.WRK_1, TrafficCase.NEW_CONNECTIONS)) {
      measure(
          mode + "/" + OUTSIDE + "-" + one.caseName(),
          mode,
          one,
          testbed,
          List.of(pods.get()),
          subject -> name);
    }
  }

  private void footprints(JavaCommand agents) {
    List<Footprint> wanted =
        Arrays.stream(Footprint.values()).filter(one -> options.wants(one.caseName())).toList();
    if (wanted.isEmpty()) {
      return;
    }
    try (var testbed = new Testbed(BenchOptions.Mode.UNPINNED, options, agents, IDLE_PODS)) {
      for (Footprint one : wanted) {
        for (Subject subject : testbed.subjects()) {
          if (subject.meshed()) {
            one.measure(
                testbed,
                subject,
                options.repetitions(),
                sample -> {
                  results.add(one.caseName(), subject.name(), sample);
                  progress.printf(
                      "  %-26s %-12s %s%n", one.caseName(), subject.name(), shown(sample));
                });
          }
        }
      }
    }
  }

  private void traffic(BenchOptions.Mode mode, Testbed testbed) {
    List<TrafficCase> cases =
        Arrays.stream(TrafficCase.values()).filter(one -> options.wants(one.caseName())).toList();
    List<Subject> subjects = testbed.subjects();
    progress.printf(
        "%s: %d cases, %d subjects, %d repetitions of %d s: about %d s%n",
        mode,
        cases.size(),
        subjects.size(),
        options.repetitions(),
        options.seconds(),
        cases.size()
            * subjects.size()
            * (WARM_UP_RUNS * WARM_UP_RUN_SECONDS
                + options.repetitions() * (options.seconds() + 1)));
    for (TrafficCase one : cases) {
      measure(mode + "/" + one.caseName(), mode, one, testbed, subjects, Subject::name);
    }
  }

  private void measure(
      String name,
      BenchOptions.Mode mode,
      TrafficCase one,
      Testbed testbed,
      List<Subject> subjects,
      Function<Subject, String> names) {
    int threads = mode == BenchOptions.Mode.PINNED ? 1 : 2;
    // Just-in-time compilers, pools and slow starts settle before what is measured.
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      subjects.forEach(subject -> one.run(subject, WARM_UP_RUN_SECONDS, threads));
    }
    var attempts = new Attempts<>(subjects, options.repetitions());
    for (Optional<Subject> next = attempts.next(); next.isPresent(); next = attempts.next()) {
      Subject subject = next.get();
      ForeignLoad foreign = ForeignLoad.measure(testbed.lab().cgroup());
      long begin = System.nanoTime();
      List<Sample> samples = one.run(subject, options.seconds(), threads);
      Disturbance disturbance =
          new Disturbance(foreign.cores(), freezes.share(begin, System.nanoTime()));
      attempts.done(subject, new Attempts.Attempt(samples, disturbance));
      progress.printf(
          Locale.ROOT,
          "  %-26s %-12s %s (%s)%n",
          name,
          names.apply(subject),
          samples.stream().map(L4Bench::shown).collect(Collectors.joining(", ")),
          disturbance);
    }
    for (Subject subject : subjects) {
      record(name, names.apply(subject), subject, attempts);
    }
  }

  private static String shown(Sample sample) {
    return String.format(Locale.ROOT, "%s %.4g %s", sample.metric(), sample.value(), sample.unit());
  }

  private void record(
      String name, String subjectName, Subject subject, Attempts<Subject> attempts) {
    List<Attempts.Attempt> counting = attempts.counting(subject);
    dropped += attempts.count(subject) - counting.size();
    if (counting.stream().anyMatch(Attempts.Attempt::disturbed)) {
      notes.add(
          "%s, %s: no repetition was undisturbed; the least disturbed stand"
              .formatted(name, subjectName));
    }
    for (Attempts.Attempt attempt : counting) {
      highestForeign = Math.max(highestForeign, attempt.disturbance().foreignCores());
      highestFrozen = Math.max(highestFrozen, attempt.disturbance().frozenShare());
      attempt.samples().forEach(sample -> results.add(name, subjectName, sample));
    }
  }
}
