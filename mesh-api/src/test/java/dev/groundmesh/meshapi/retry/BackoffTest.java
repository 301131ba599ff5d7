package dev.groundmesh.meshapi.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(15));

  @ParameterizedTest
  @CsvSource({"1, 100", "2, 200", "8, 12800", "9, 15000", "2147483647, 15000"})
  void thePauseDoublesUpToTheLongest(int failures, long millis) {
    assertThat(BACKOFF.after(failures)).hasMillis(millis);
  }
}
