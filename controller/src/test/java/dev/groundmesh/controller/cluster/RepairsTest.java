package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.retry.Backoff;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RepairsTest {
  private static final Backoff PAUSES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
  private static final long SECOND = 1_000_000_000L;

  private final Repairs repairs = new Repairs(PAUSES);

  @Test
  void whatWasNeverWrittenIsWrittenAtOnce() {
    assertThat(repairs.pause("shop", 0)).isZero();
  }

  @Test
  void whoWritesAsOftenAsWeDoIsAnsweredEverLater() {
    long now = 0;
    for (int i = 0; i < 10; i++) {
      repairs.wrote("shop", now);
      now += repairs.pause("shop", now).toNanos();
    }

    repairs.wrote("shop", now);

    assertThat(repairs.pause("shop", now)).isEqualTo(Duration.ofSeconds(30));
    assertThat(repairs.pause("other", now)).isZero();
  }

  @Test
  void aChangeLongAfterOursIsRepairedAtOnce() {
    repairs.wrote("shop", 0);

    assertThat(repairs.pause("shop", 10 * SECOND)).isZero();
  }

  @Test
  void calmEndsTheDisagreement() {
    repairs.wrote("shop", 0);
    repairs.wrote("shop", SECOND);

    assertThat(repairs.wrote("shop", SECOND + Repairs.CALM.toNanos() + 1)).isEqualTo(1);
  }

  @Test
  void otherRootsAreWrittenAtOnce() {
    repairs.wrote("shop", 0);
    repairs.forgetAll();

    assertThat(repairs.pause("shop", 0)).isZero();
  }
}
