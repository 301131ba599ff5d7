package dev.groundmesh.nodeagent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WorkloadWaitersTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final EmbeddedChannel clock = new EmbeddedChannel();
  private final List<String> told = new ArrayList<>();
  private long nanos;
  private final WorkloadWaiters waiters =
      new WorkloadWaiters(clock.eventLoop(), () -> MeshSnapshot.EMPTY, TIMEOUT, () -> nanos);

  WorkloadWaitersTest() {
    clock.freezeTime();
  }

  private void advance(Duration time) {
    nanos += time.toNanos();
    clock.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
    clock.runScheduledPendingTasks();
  }

  @Test
  void whoWaitsForAPodThatNobodyKnowsIsToldSoInTime() {
    waiters.await("unknown", (_, workload) -> told.add(String.valueOf(workload)));
    assertThat(told).isEmpty();

    advance(TIMEOUT);

    assertThat(told).containsExactly("null");
  }

  @Test
  void oneThatThrowsKeepsNoOtherWaiting() {
    waiters.await(
        "unknown",
        (_, _) -> {
          throw new IllegalStateException("a fault");
        });
    advance(Duration.ofSeconds(1));
    waiters.await("unknown", (_, _) -> told.add("later"));

    advance(TIMEOUT.minusSeconds(1));
    assertThat(told).isEmpty();
    advance(Duration.ofSeconds(1));

    assertThat(told).containsExactly("later");
  }
}
