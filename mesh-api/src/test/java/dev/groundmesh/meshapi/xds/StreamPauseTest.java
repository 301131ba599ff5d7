package dev.groundmesh.meshapi.xds;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamPauseTest {
  private final StreamPause pause = new StreamPause();

  private Duration afterManyErrors() {
    Duration last = Duration.ZERO;
    for (int i = 0; i < 20; i++) {
      last = pause.afterError();
    }
    return last;
  }

  @Test
  void theWaitDoublesFromTenMilliseconds() {
    assertThat(List.of(pause.afterError(), pause.afterError(), pause.afterError()))
        .containsExactly(Duration.ofMillis(20), Duration.ofMillis(40), Duration.ofMillis(80));
  }

  @Test
  void aControlPlaneThatNeverAnsweredIsAskedEveryTwoSeconds() {
    assertThat(afterManyErrors()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void oneThatAnsweredIsAskedEveryFifteenSeconds() {
    pause.answered();

    assertThat(afterManyErrors()).isEqualTo(Duration.ofSeconds(15));
  }

  @Test
  void aCleanEndBeginsAnew() {
    assertThat(afterManyErrors()).isGreaterThan(pause.afterCleanEnd());
    assertThat(pause.afterError()).isEqualTo(Duration.ofMillis(20));
  }
}
