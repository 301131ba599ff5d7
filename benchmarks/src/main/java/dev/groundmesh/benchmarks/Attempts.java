package dev.groundmesh.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The repetitions of one case: rounds of all subjects, then more for those whose repetitions were
 * disturbed.
 *
 * @param <S> subjects
 */
final class Attempts<S> {
  private static final int MORE_ATTEMPTS = 6;

  private final Map<S, List<Attempt>> all = new LinkedHashMap<>();
  private final int wanted;

  /** One repetition: its figures, and what else the machine did. */
  record Attempt(List<Sample> samples, Disturbance disturbance) {
    boolean disturbed() {
      return disturbance.tooMuch();
    }
  }

  Attempts(List<S> subjects, int wanted) {
    subjects.forEach(subject -> all.put(subject, new ArrayList<>()));
    this.wanted = wanted;
  }

  /** Whose turn it is; empty when every subject has what is wanted, or has had its chances. */
  Optional<S> next() {
    return all.entrySet().stream()
        .filter(entry -> undisturbed(entry.getValue()).size() < wanted)
        .filter(entry -> entry.getValue().size() < wanted + MORE_ATTEMPTS)
        .min(Comparator.comparingInt(entry -> entry.getValue().size()))
        .map(Map.Entry::getKey);
  }

  void done(S subject, Attempt attempt) {
    of(subject).add(attempt);
  }

  int count(S subject) {
    return of(subject).size();
  }

  /**
   * The undisturbed repetitions; where there is none, the least disturbed ones, as many as were
   * wanted.
   */
  List<Attempt> counting(S subject) {
    List<Attempt> undisturbed = undisturbed(of(subject));
    return undisturbed.isEmpty()
        ? of(subject).stream()
            .sorted(Comparator.comparing(Attempt::disturbance, Disturbance.ORDER))
            .limit(wanted)
            .toList()
        : undisturbed;
  }

  private List<Attempt> of(S subject) {
    return Objects.requireNonNull(all.get(subject));
  }

  private static List<Attempt> undisturbed(List<Attempt> attempts) {
    return attempts.stream().filter(attempt -> !attempt.disturbed()).toList();
  }
}
