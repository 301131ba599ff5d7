package dev.groundmesh.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private static Attempts.Attempt attempt(double value, double foreign) {
    return attempt(value, new Disturbance(foreign, 0));
  }

  private static Attempts.Attempt attempt(double value, Disturbance disturbance) {
    return new Attempts.Attempt(List.of(new Sample("requests", "req/s", value)), disturbance);
  }

  private final Attempts<String> attempts = new Attempts<>(List.of("direct", "groundmesh"), 2);

  @Test
  void subjectsTakeTurns() {
    assertThat(attempts.next()).contains("direct");
    attempts.done("direct", attempt(1, 0));
    assertThat(attempts.next()).contains("groundmesh");
  }

  @Test
  void undisturbedRepetitionsEndTheCase() {
    for (String subject : List.of("direct", "groundmesh", "direct", "groundmesh")) {
      attempts.done(subject, attempt(1, 0));
    }

    assertThat(attempts.next()).isEmpty();
  }

  @Test
  void aDisturbedRepetitionIsMadeUpForAndDoesNotCount() {
    attempts.done("direct", attempt(1, 1));
    for (String subject : List.of("direct", "groundmesh", "direct", "groundmesh")) {
      attempts.done(subject, attempt(2, 0));
    }

    assertThat(attempts.next()).isEmpty();
    assertThat(attempts.counting("direct")).hasSize(2).noneMatch(Attempts.Attempt::disturbed);
  }

  @Test
  void aRepetitionInWhichTheMachineStoodStillDoesNotCount() {
    attempts.done("direct", attempt(1, new Disturbance(0, 0.02)));
    attempts.done("direct", attempt(2, 0));
    attempts.done("direct", attempt(3, 0));

    assertThat(attempts.counting("direct")).containsExactly(attempt(2, 0), attempt(3, 0));
  }

  @Test
  void disturbanceWithoutEndIsGivenUp() {
    for (int i = 0; i < 8; i++) {
      attempts.done("direct", attempt(1, 1));
      attempts.done("groundmesh", attempt(1, 1));
    }

    assertThat(attempts.next()).isEmpty();
  }

  @Test
  void whereAllWereDisturbedTheLeastDisturbedStand() {
    attempts.done("direct", attempt(1, 1.5));
    attempts.done("direct", attempt(2, 0.9));
    attempts.done("direct", attempt(3, 1.2));

    assertThat(attempts.counting("direct")).containsExactly(attempt(2, 0.9), attempt(3, 1.2));
  }
}
