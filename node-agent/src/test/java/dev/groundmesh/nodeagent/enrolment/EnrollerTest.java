package dev.groundmesh.nodeagent.enrolment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus.State;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EnrollerTest {
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<String> steps = new LinkedBlockingQueue<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> absent = ConcurrentHashMap.newKeySet();
  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final Enroller enroller =
      new Enroller(thread, new Recording(), known::contains, () -> steps.add("attempted"));

  /** Captures nothing, but for its own notes. */
  private final class Recording implements PodCapturer {
    @Override
    public CapturedPod capture(PodEnrolment enrolment) throws IOException {
      String uid = enrolment.workloadUid();
      if (failing.contains(uid)) {
        steps.add("failed " + uid);
        throw new IOException("no namespace");
      }
      steps.add("captured " + uid);
      return new CapturedPod() {
        @Override
        public boolean present() {
          return !absent.contains(uid);
        }

        @Override
        public void release() {
          steps.add("released " + uid);
        }

        @Override
        public void retire() {
          steps.add("retired " + uid);
        }

        @Override
        public boolean idle() {
          return false;
        }

        @Override
        public void tearDown() {
          steps.add("torn down " + uid);
        }
      };
    }

    @Override
    public void releaseInherited() {
      steps.add("inherited released");
    }
  }

  @AfterEach
  void stop() {
    thread.shutdownNow();
  }

  private static PodEnrolment pod(String uid, String address) {
    return new PodEnrolment(
        uid,
        "shop",
        uid,
        "default",
        uid,
        List.of(IpAddress.parse(address)),
        false,
        PodEnrolment.DnsCapture.DEFAULT,
        List.of(),
        true);
  }

  private String next() throws InterruptedException {
    return String.valueOf(steps.poll(10, TimeUnit.SECONDS));
  }

  @Test
  void podsOfTheTargetAreCaptured() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(next()).isEqualTo("captured a");
    assertThat(next()).isEqualTo("attempted");
    assertThat(enroller.status()).extracting(EnrolmentStatus::state).containsExactly(State.ENABLED);
  }

  @Test
  void aFailureIsTriedAgainAndHoldsUpNoOther() throws InterruptedException {
    failing.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1"), pod("b", "10.0.0.2")), false);
    assertThat(List.of(next(), next())).containsExactlyInAnyOrder("failed a", "captured b");
    assertThat(next()).isEqualTo("attempted");
    assertThat(next()).isEqualTo("failed a");
    failing.clear();
    assertThat(next()).isEqualTo("captured a");
  }

  @Test
  void aPodThatLeavesTheMeshIsReleasedAndKeepsItsConnections() throws InterruptedException {
    known.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "attempted");
  }

  @Test
  void aPodThatIsDeletedIsTornDown() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "torn down a");
  }

  @Test
  void aNamespaceThatIsGoneIsTornDownWithoutBeingAsked() throws InterruptedException {
    known.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(List.of(next(), next())).containsExactly("captured a", "attempted");
    failing.add("a");
    absent.add("a");
    assertThat(List.of(next(), next(), next()))
        .containsExactly("released a", "torn down a", "failed a");
  }

  @Test
  void aChangedPodIsCapturedAnew() throws InterruptedException {
    known.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(pod("a", "10.0.0.9")), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "captured a");
  }

  @Test
  void podsOfAPredecessorAreReleasedOnceTheWholeTargetIsCaptured() throws InterruptedException {
    failing.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1")), true);
    assertThat(next()).isEqualTo("failed a");
    assertThat(next()).isEqualTo("attempted");
    failing.clear();
    assertThat(next()).isEqualTo("captured a");
    assertThat(next()).isEqualTo("inherited released");
  }

  @Test
  void nothingIsCapturedWhileASuccessorTakesOver() throws InterruptedException {
    enroller.suspend();
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(next()).isEqualTo("attempted");
    enroller.resume(() -> steps.add("redirection taken back"));
    assertThat(next()).isEqualTo("redirection taken back");
    assertThat(next()).isEqualTo("captured a");
  }
}
