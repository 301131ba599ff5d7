package dev.groundmesh.nodeagent.enrolment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EnrollerTest {
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<String> steps = new LinkedBlockingQueue<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> stuck = ConcurrentHashMap.newKeySet();
  private final Set<String> absent = ConcurrentHashMap.newKeySet();
  private final Enroller enroller =
      new Enroller(
          thread, new Recording(), () -> steps.add("attempted"), () -> {}, Duration.ofMillis(100));

  /** Captures nothing, but for its own notes. */
  private final class Recording implements PodCapturer {
    @Override
    public CapturedPod capture(PodEnrolment enrolment, @Nullable Path announced)
        throws IOException {
      String uid = enrolment.workloadUid();
      if (failing.contains(uid)) {
        steps.add("failed " + uid);
        throw new IOException("no namespace");
      }
      steps.add("captured " + uid + (announced == null ? "" : " in " + announced));
      return new CapturedPod() {
        @Override
        public long netns() {
          return 1;
        }

        @Override
        public boolean present() {
          return !absent.contains(uid);
        }

        @Override
        public void release() {
          if (stuck.contains(uid)) {
            throw new UncheckedIOException(new IOException("the kernel refuses"));
          }
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

  private static PodEnrolment pod(String uid, String... addresses) {
    return pod(uid, true, addresses);
  }

  private static PodEnrolment pod(String uid, boolean enrolled, String... addresses) {
    return new PodEnrolment(
        uid,
        "shop",
        uid,
        "default",
        uid,
        Arrays.stream(addresses).map(IpAddress::parse).toList(),
        false,
        PodEnrolment.DnsCapture.DEFAULT,
        List.of(),
        enrolled);
  }

  private static PodBirth birth(String uid, String netns, String address) {
    return new PodBirth(uid, Path.of(netns), List.of(IpAddress.parse(address)));
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
  void whenTheMeshLeavesTheNodeEveryPodIsLetGoAndTornDown() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(List.of(next(), next())).containsExactly("captured a", "attempted");
    enroller.release();
    assertThat(next()).isEqualTo("released a");
    enroller.tearDown();
    assertThat(List.of(next(), next())).contains("torn down a");
    assertThat(enroller.status()).isEmpty();
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
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(pod("a", false, "10.0.0.1")), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "attempted");
  }

  @Test
  void aPodThatLeftTheMeshTakesTunnelsUntilItsPeersHaveHeardOfIt() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(pod("a", false, "10.0.0.1")), false);
    assertThat(List.of(next(), next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "attempted", "retired a");
  }

  @Test
  void aPredecessorEndsTheHandshakesThatBeganAtItsListeners() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.retire(Duration.ofMillis(10));
    enroller.target(List.of(pod("a", "10.0.0.1"), pod("b", "10.0.0.2")), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "attempted", "retired a");
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
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(List.of(next(), next())).containsExactly("captured a", "attempted");
    failing.add("a");
    absent.add("a");
    assertThat(List.of(next(), next(), next()))
        .containsExactly("released a", "torn down a", "failed a");
  }

  @Test
  void aPodThatEndsHasNotFailedBecauseItsNamespaceIsGone() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(List.of(next(), next())).containsExactly("captured a", "attempted");
    failing.add("a");
    absent.add("a");
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("released a", "torn down a", "failed a", "failed a");
    assertThat(enroller.status()).extracting(EnrolmentStatus::failures).containsExactly(0);
  }

  @Test
  void aPodThatCannotBeLetGoHoldsUpNoOtherAndNoLaterLook() throws InterruptedException {
    stuck.add("a");
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(pod("b", "10.0.0.2")), false);
    assertThat(List.of(next(), next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "torn down a", "captured b", "attempted");
    stuck.add("b");
    absent.add("b");
    assertThat(List.of(next(), next())).containsExactly("torn down b", "captured b");
    assertThat(List.of(next(), next())).containsExactly("torn down b", "captured b");
  }

  @Test
  void aChangedPodIsCapturedAnew() throws InterruptedException {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.target(List.of(pod("a", "10.0.0.9")), false);
    assertThat(List.of(next(), next(), next(), next()))
        .containsExactly("captured a", "attempted", "released a", "captured a");
  }

  @Test
  void aPodThatIsBeingBornWaitsForItsSandboxAndIsCapturedInIt() throws Exception {
    enroller.target(List.of(pod("a")), false);
    assertThat(next()).isEqualTo("attempted");
    enroller.born(birth("a", "/run/netns/1", "10.0.0.1")).get(10, TimeUnit.SECONDS);
    assertThat(next()).isEqualTo("captured a in /run/netns/1");
    assertThat(next()).isEqualTo("attempted");

    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    assertThat(next()).as("no second capture when the address comes").isEqualTo("attempted");
  }

  @Test
  void aNewSandboxTakesThePlaceOfTheFormerEvenWithTheSameAddress() throws Exception {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.born(birth("a", "/run/netns/1", "10.0.0.1")).get(10, TimeUnit.SECONDS);
    enroller.born(birth("a", "/run/netns/2", "10.0.0.1")).get(10, TimeUnit.SECONDS);
    assertThat(steps)
        .containsExactly(
            "captured a",
            "attempted",
            "released a",
            "captured a in /run/netns/1",
            "attempted",
            "released a",
            "captured a in /run/netns/2",
            "attempted");
  }

  @Test
  void theAddressesOfTheSandboxCountUntilItDies() throws Exception {
    enroller.target(List.of(pod("a", "10.0.0.1")), false);
    enroller.born(birth("a", "/run/netns/2", "10.0.0.2")).get(10, TimeUnit.SECONDS);
    assertThat(enroller.status().getFirst().enrolment().addresses())
        .containsExactly(IpAddress.parse("10.0.0.2"));
    enroller.died("a", Path.of("/run/netns/2"));
    enroller.target(List.of(pod("a", "10.0.0.3")), false);
    assertThat(List.of(next(), next(), next(), next(), next(), next(), next(), next()))
        .containsExactly(
            "captured a",
            "attempted",
            "released a",
            "captured a in /run/netns/2",
            "attempted",
            "released a",
            "captured a",
            "attempted");
  }

  @Test
  void aSandboxThatCannotBeCapturedIsAnErrorForTheCni() throws Exception {
    failing.add("a");
    enroller.target(List.of(pod("a")), false);
    CompletableFuture<EnrolmentStatus> born = enroller.born(birth("a", "/run/netns/1", "10.0.0.1"));
    assertThatThrownBy(() -> born.get(10, TimeUnit.SECONDS)).hasMessageContaining("no namespace");
  }

  @Test
  void aSandboxThatIsBornWhileASuccessorTakesOverIsTheSuccessors() throws Exception {
    enroller.target(List.of(pod("a")), false);
    enroller.suspend();
    CompletableFuture<EnrolmentStatus> born = enroller.born(birth("a", "/run/netns/1", "10.0.0.1"));
    assertThatThrownBy(() -> born.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(Enroller.SuspendedException.class);
  }

  @Test
  void aSandboxOfAPodOutsideTheMeshIsNotCaptured() throws Exception {
    enroller.target(List.of(pod("a", false)), false);
    CompletableFuture<EnrolmentStatus> born = enroller.born(birth("a", "/run/netns/1", "10.0.0.1"));
    assertThatThrownBy(() -> born.get(10, TimeUnit.SECONDS))
        .hasMessageContaining("expected: a pod in the mesh");
    assertThat(steps).containsExactly("attempted");
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
