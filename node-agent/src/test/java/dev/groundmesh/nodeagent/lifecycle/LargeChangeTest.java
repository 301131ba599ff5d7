package dev.groundmesh.nodeagent.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LargeChangeTest {
  private final ScheduledExecutorService owner = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger ends = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);
  private final LargeChange change =
      new LargeChange(
          10,
          Duration.ofMillis(20),
          owner,
          () -> {
            ends.incrementAndGet();
            end.countDown();
          });

  @AfterEach
  void stop() {
    owner.shutdownNow();
  }

  private void add(int... changes) throws Exception {
    owner
        .submit(
            () -> {
              for (int each : changes) {
                change.add(each);
              }
            })
        .get();
  }

  /** Delayed work that is due is done before the executor ends. */
  private void awaitAllWork() throws InterruptedException {
    owner.shutdown();
    assertThat(owner.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void manyPiecesAreOneChangeThatEndsOnce() throws Exception {
    add(4, 4, 4, 4, 4);
    awaitAllWork();
    assertThat(ends).hasValue(1);
  }

  @Test
  void fewChangesAreNoLargeOne() throws Exception {
    add(4, 5);
    awaitAllWork();
    assertThat(ends).hasValue(0);
  }

  @Test
  void anotherLargeChangeEndsToo() throws Exception {
    add(10);
    assertThat(end.await(10, TimeUnit.SECONDS)).isTrue();
    add(9);
    add(1);
    awaitAllWork();
    assertThat(ends).hasValue(2);
  }
}
