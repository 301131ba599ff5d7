package dev.groundmesh.meshapi.xds;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff = new Backoff();

  private Duration afterManyErrors() {
    Duration last = Duration.ZERO;
    for (int i = 0; i < 20; i++) {
      last = backoff.afterError();
    }
    return last;
  }

  @Test
  void theWaitDoublesFromTenMilliseconds() {
    assertThat(List.of(backoff.afterError(), backoff.afterError(), backoff.afterError()))
        .containsExactly(Duration.ofMillis(20), Duration.ofMillis(40), Duration.ofMillis(80));
  }

  @Test
  void aControlPlaneThatNeverAnsweredIsAskedEveryTwoSeconds() {
    assertThat(afterManyErrors()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void oneThatAnsweredIsAskedEveryFifteenSeconds() {
    backoff.answered();

    assertThat(afterManyErrors()).isEqualTo(Duration.ofSeconds(15));
  }

  @Test
  void aCleanEndBeginsAnew() {
    assertThat(afterManyErrors()).isGreaterThan(backoff.afterCleanEnd());
    assertThat(backoff.afterError()).isEqualTo(Duration.ofMillis(20));
  }
}
