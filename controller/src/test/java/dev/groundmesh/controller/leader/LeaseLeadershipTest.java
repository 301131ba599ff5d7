package dev.groundmesh.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.Await;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeaseLeadershipTest {

  private static final LeaseLeadership.Settings SETTINGS =
      new LeaseLeadership.Settings(
          Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofMillis(5));

  private final Store store = new Store();
  private final AtomicLong nanos = new AtomicLong(1);
  private final List<LeaseLeadership> replicas = new ArrayList<>();

  @AfterEach
  void close() {
    store.failing = false;
    replicas.forEach(LeaseLeadership::close);
  }

  @Test
  void oneOfTwoReplicasLeads() throws InterruptedException {
    LeaseLeadership a = start("a");
    Await.until(a::isLeader);
    LeaseLeadership b = start("b");

    Thread.sleep(100);

    assertThat(a.isLeader()).isTrue();
    assertThat(b.isLeader()).isFalse();
  }

  @Test
  void aReplicaThatStopsLetsAnotherLeadAtOnce() {
    LeaseLeadership a = start("a");
    Await.until(a::isLeader);
    LeaseLeadership b = start("b");

    a.close();

    Await.until(b::isLeader);
    assertThat(a.isLeader()).isFalse();
    assertThat(store.lease().transitions()).isEqualTo(1);
  }

  @Test
  void aLeaseThatNobodyRenewsIsTakenAfterItsTime() throws InterruptedException {
    store.holder("vanished");
    LeaseLeadership a = start("a");
    Await.until(() -> store.reads > 3);
    nanos.addAndGet(Duration.ofSeconds(14).toNanos());
    int reads = store.reads;
    Await.until(() -> store.reads > reads + 3);
    assertThat(a.isLeader()).isFalse();

    nanos.addAndGet(Duration.ofSeconds(2).toNanos());

    Await.until(a::isLeader);
  }

  @Test
  void aLeaderThatCannotRenewStopsBeforeOthersMayStart() {
    LeaseLeadership a = start("a");
    Await.until(a::isLeader);
    List<String> heard = listen(a);

    store.failing = true;
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());

    assertThat(a.isLeader()).isFalse();
    Await.until(() -> heard.equals(List.of("gained", "lost")));
    store.failing = false;
    Await.until(() -> heard.equals(List.of("gained", "lost", "gained")));
  }

  @Test
  void aStoreThatAnswersNonsenseDoesNotEndTheElection() {
    store.nonsense = true;
    LeaseLeadership a = start("a");
    Await.until(() -> store.reads > 3);

    store.nonsense = false;

    Await.until(a::isLeader);
  }

  @Test
  void whoIsFasterLeads() {
    LeaseLeadership a = start("a");
    LeaseLeadership b = start("b");

    Await.until(() -> a.isLeader() || b.isLeader());

    assertThat(a.isLeader() && b.isLeader()).isFalse();
  }

  private LeaseLeadership start(String identity) {
    LeaseLeadership replica =
        LeaseLeadership.start(store, identity, SETTINGS, Clock.systemUTC(), nanos::get);
    replicas.add(replica);
    return replica;
  }

  private static List<String> listen(LeaseLeadership leadership) {
    List<String> heard = Collections.synchronizedList(new ArrayList<>());
    leadership.listen(
        new Leadership.Listener() {
          @Override
          public void gained() {
            heard.add("gained");
          }

          @Override
          public void lost() {
            heard.add("lost");
          }
        });
    return heard;
  }

  /** A store that tells versions apart as Kubernetes does. */
  private static final class Store implements LeaseStore {

    private @Nullable Lease lease;
    private long version;
    private volatile int reads;
    private volatile boolean failing;
    private volatile boolean nonsense;

    @Override
    public synchronized Optional<Lease> read() throws IOException {
      reads++;
      fail();
      if (nonsense) {
        throw new IllegalArgumentException("no lease");
      }
      return Optional.ofNullable(lease);
    }

    @Override
    public synchronized Optional<Lease> write(Lease given) throws IOException {
      fail();
      if (!given.version().equals(lease == null ? "" : lease.version())) {
        return Optional.empty();
      }
      return Optional.of(put(given, given.holder()));
    }

    private Lease put(Lease given, String holder) {
      Lease written =
          new Lease(
              holder,
              given.duration(),
              given.acquired(),
              given.renewed(),
              given.transitions(),
              Long.toString(++version));
      lease = written;
      return written;
    }

    synchronized void holder(String holder) {
      put(
          new Lease(
              "",
              SETTINGS.duration(),
              Clock.systemUTC().instant(),
              Clock.systemUTC().instant(),
              0,
              ""),
          holder);
    }

    synchronized Lease lease() {
      return Optional.ofNullable(lease).orElseThrow();
    }

    private void fail() throws IOException {
      if (failing) {
        throw new IOException("down");
      }
    }
  }
}
