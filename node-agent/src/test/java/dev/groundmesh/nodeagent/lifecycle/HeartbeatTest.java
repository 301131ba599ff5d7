package dev.groundmesh.nodeagent.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private final DefaultEventLoop first = new DefaultEventLoop();
  private final DefaultEventLoop second = new DefaultEventLoop();
  private final Semaphore beats = new Semaphore(0);
  private final Heartbeat heartbeat =
      new Heartbeat(List.of(first, second), beats::release, Duration.ofMillis(1));

  @AfterEach
  void stopLoops() {
    heartbeat.stop();
    first.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    second.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void beatsWhileEveryLoopTurns() throws InterruptedException {
    heartbeat.start();
    assertThat(beats.tryAcquire(5, 10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aBeatThatFailsIsNotTheLast() throws InterruptedException {
    Semaphore attempts = new Semaphore(0);
    Heartbeat failing =
        new Heartbeat(
            List.of(first),
            () -> {
              attempts.release();
              throw new IllegalStateException("no descriptor left");
            },
            Duration.ofMillis(1));
    failing.start();
    assertThat(attempts.tryAcquire(3, 10, TimeUnit.SECONDS)).isTrue();
    failing.stop();
  }

  @Test
  void oneHungLoopStopsTheBeat() throws InterruptedException {
    heartbeat.start();
    assertThat(beats.tryAcquire(1, 10, TimeUnit.SECONDS)).isTrue();
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    second.execute(
        () -> {
          hanging.countDown();
          awaitQuietly(release);
        });
    assertThat(hanging.await(10, TimeUnit.SECONDS)).isTrue();
    beats.drainPermits();
    assertThat(beats.tryAcquire(200, TimeUnit.MILLISECONDS)).isFalse();
    release.countDown();
    assertThat(beats.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
