package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.Await;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.meshapi.retry.Backoff;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KubernetesSourceTest {

  private static final WatchSettings SETTINGS =
      new WatchSettings(
          3,
          Duration.ofSeconds(60),
          Duration.ofMillis(50),
          Duration.ofMillis(200),
          new Backoff(Duration.ofMillis(10), Duration.ofMillis(50)));

  private final MetricRegistry metrics = new MetricRegistry();
  private final List<List<ObjectChange>> calls = new ArrayList<>();
  private final Map<ObjectKey, String> world = new TreeMap<>();
  private FakeApiServer api;
  private KubernetesClient client;
  private KubernetesSource source;

  @BeforeEach
  void open() throws IOException {
    api = new FakeApiServer();
    client = api.client();
    source = KubernetesSource.open(client, SETTINGS, metrics);
  }

  @AfterEach
  void close() {
    source.close();
    client.close();
    api.close();
  }

  @Test
  void theFirstCallBringsTheWholeWorldPageByPage() {
    for (int i = 0; i < 10; i++) {
      pod("pod-" + i, "10.0.0." + i);
    }
    api.put(Kind.NAMESPACE, "", "shop", "{}");

    source.start(this::changed);

    Await.until(() -> calls() == 1);
    assertThat(world).hasSize(11).containsEntry(key("pod-7"), "10.0.0.7");
    assertThat(api.requests("/api/v1/pods?limit=3")).isEqualTo(4);
  }

  @Test
  void nothingIsToldWhileOneKindIsNotListedCompletely() throws InterruptedException {
    pod("a", "10.0.0.1");
    api.put(Kind.AUTHORIZATION_POLICY, "shop", "p", "{\"spec\": {\"rules\": [{}]}}");
    api.hold(Kind.AUTHORIZATION_POLICY, true);

    source.start(this::changed);

    Await.until(() -> source.missing().equals(Set.of(Kind.AUTHORIZATION_POLICY)));
    Thread.sleep(100);
    assertThat(calls()).isZero();
    api.hold(Kind.AUTHORIZATION_POLICY, false);
    Await.until(() -> calls() == 1);
    assertThat(world).hasSize(2);
  }

  @Test
  void aListenerThatThrewIsCalledAgainWithoutAChange() {
    AtomicBoolean fails = new AtomicBoolean(true);

    source.start(
        changes -> {
          changed(changes);
          if (fails.getAndSet(false)) {
            throw new IllegalStateException("once");
          }
        });

    Await.until(() -> calls() == 2);
  }

  @Test
  void changesAndRemovalsFollow() {
    pod("a", "10.0.0.1");
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    pod("a", "10.0.0.2");
    pod("b", "10.0.0.1");
    Await.until(() -> "10.0.0.2".equals(at("a")) && "10.0.0.1".equals(at("b")));
    api.delete(Kind.POD, "shop", "a");

    Await.until(() -> at("a") == null);
    assertThat(world()).containsEntry(key("b"), "10.0.0.1");
  }

  @Test
  void whatTheMeshDoesNotReadIsNotTold() {
    pod("a", "10.0.0.1");
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    api.put(
        Kind.POD,
        "shop",
        "a",
        """
        {"metadata": {"annotations": {"example.com/tick": "7"}, "managedFields": [{"manager": "m"}]},
         "status": {"phase": "Running", "podIP": "10.0.0.1", "startTime": "2026-01-01T00:00:00Z"}}
        """);
    pod("b", "10.0.0.2");
    Await.until(() -> at("b") != null);

    assertThat(told(key("a"))).isEqualTo(1);
  }

  @Test
  void aBrokenWatchGoesOnWhereItEnded() {
    pod("a", "10.0.0.1");
    source.start(this::changed);
    Await.until(() -> calls() == 1);
    Await.until(() -> metrics.scrape().contains("groundmesh_watch_connected{kind=\"Pod\"} 1"));

    api.cut();
    pod("b", "10.0.0.2");

    Await.until(() -> at("b") != null);
    assertThat(api.requests("/api/v1/pods?limit")).isEqualTo(1);
    assertThat(metrics.scrape()).contains("groundmesh_lists_total{kind=\"Pod\"} 1");
  }

  @Test
  void afterAForgottenVersionTheNewListIsComparedWithWhatIsKnown() {
    pod("stays", "10.0.0.1");
    pod("goes", "10.0.0.2");
    pod("moves", "10.0.0.3");
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    api.down(true);
    api.delete(Kind.POD, "shop", "goes");
    pod("moves", "10.0.0.4");
    pod("comes", "10.0.0.5");
    api.forget();
    api.down(false);

    Await.until(() -> at("comes") != null);
    assertThat(world())
        .hasSize(3)
        .containsEntry(key("moves"), "10.0.0.4")
        .doesNotContainKey(key("goes"));
    assertThat(told(key("stays"))).isEqualTo(1);
  }

  @Test
  void aNewListThatBreaksOffRemovesNothing() throws InterruptedException {
    for (int i = 0; i < 5; i++) {
      pod("pod-" + i, "10.0.0." + i);
    }
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    // A watch that was still open would tell of the new pod, and then nothing is listed anew.
    api.down(true);
    api.hold(Kind.POD, true);
    pod("later", "10.0.0.9");
    api.forget();
    api.down(false);
    long before = api.requests("/api/v1/pods?limit");
    Await.until(() -> api.requests("/api/v1/pods?limit") > before);
    Thread.sleep(100);
    assertThat(world()).hasSize(5);

    api.hold(Kind.POD, false);
    Await.until(() -> at("later") != null);
    assertThat(world()).hasSize(6);
  }

  @Test
  void aListThatFallsSilentIsAskedForAnew() {
    pod("a", "10.0.0.1");
    api.hold(Kind.POD, true);
    source.close();
    source =
        KubernetesSource.open(
            client,
            new WatchSettings(
                3,
                Duration.ofSeconds(1),
                SETTINGS.absentRetry(),
                SETTINGS.absentGrace(),
                SETTINGS.retry()),
            new MetricRegistry());
    source.start(this::changed);
    Await.until(() -> api.requests("/api/v1/pods") > 1);
    assertThat(calls()).isZero();

    api.hold(Kind.POD, false);

    Await.until(() -> "10.0.0.1".equals(at("a")));
  }

  @Test
  void aServerThatIsDownAtTheStartIsWaitedFor() {
    pod("a", "10.0.0.1");
    api.down(true);
    source.start(this::changed);
    Await.until(() -> api.requests("/api/v1/pods") > 2);
    assertThat(calls()).isZero();

    api.down(false);

    Await.until(() -> at("a") != null);
  }

  @Test
  void aKindThatIsNotInstalledCountsAsEmptyUntilItCame() {
    api.install(Kind.SERVICE_ENTRY, false);
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    api.install(Kind.SERVICE_ENTRY, true);
    api.put(Kind.SERVICE_ENTRY, "shop", "e", "{\"spec\": {\"hosts\": [\"example.com\"]}}");

    Await.until(() -> world().containsKey(new ObjectKey(Kind.SERVICE_ENTRY, "shop", "e")));
  }

  @Test
  void aKindThatGoesTakesItsObjectsAlongOnlyAfterAWhile() {
    ObjectKey entry = new ObjectKey(Kind.SERVICE_ENTRY, "shop", "e");
    api.put(Kind.SERVICE_ENTRY, "shop", "e", "{\"spec\": {\"hosts\": [\"example.com\"]}}");
    source.start(this::changed);
    Await.until(() -> calls() == 1);

    api.install(Kind.SERVICE_ENTRY, false);
    Await.until(() -> api.requests("/apis/networking.istio.io") > 4);
    pod("a", "10.0.0.1");
    Await.until(() -> at("a") != null);

    Await.until(() -> !world().containsKey(entry));
    assertThat(told(entry)).isEqualTo(2);
  }

  @Test
  void whatCannotBeUsedIsReportedWithItsFieldAndTheRestGoesOn() {
    api.put(
        Kind.AUTHORIZATION_POLICY,
        "shop",
        "bad",
        """
        {"metadata": {"uid": "u1", "generation": 3},
         "spec": {"action": 7, "rules": [{"form": []}], "selector": "everything"}}
        """);
    pod("a", "10.0.0.1");

    source.start(this::changed);

    Await.until(() -> calls() == 1);
    ObjectChange.Rejected rejected =
        (ObjectChange.Rejected)
            calls.getFirst().stream()
                .filter(ObjectChange.Rejected.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertThat(rejected.metadata().uid()).isEqualTo("u1");
    assertThat(rejected.metadata().generation()).isEqualTo(3);
    assertThat(rejected.problems())
        .extracting(problem -> problem.message())
        .contains("spec.action: 7 (expected: a string, in quotes)")
        .anyMatch(message -> message.startsWith("spec.rules[0].form: unknown field"))
        .anyMatch(message -> message.startsWith("spec.selector: everything (expected: a mapping"));
    assertThat(at("a")).isEqualTo("10.0.0.1");
    assertThat(metrics.scrape())
        .contains("groundmesh_objects_rejected{kind=\"AuthorizationPolicy\"} 1")
        .contains("groundmesh_objects_rejected{kind=\"Pod\"} 0")
        .contains("groundmesh_objects{kind=\"Pod\"} 1");
  }

  @Test
  void annotationsThatStandForTheKubeletCountOnlyInFolders() {
    api.put(
        Kind.POD,
        "shop",
        "thief",
        """
        {"metadata": {"annotations": {"groundmesh.dev/pod-ips": "10.0.0.1",
          "groundmesh.dev/netns": "/run/netns/other", "istio.io/dry-run": "true"}}}
        """);

    source.start(this::changed);

    Await.until(() -> calls() == 1);
    assertThat(calls.getFirst())
        .singleElement()
        .isInstanceOfSatisfying(
            ObjectChange.Put.class,
            put -> {
              assertThat(((Pod) put.object()).addresses()).isEmpty();
              assertThat(put.object().metadata().annotations())
                  .containsOnlyKeys("istio.io/dry-run");
            });
  }

  @Test
  void aBusyListenerIsToldTheNewestStateOnly() {
    source.start(
        changes -> {
          changed(changes);
          pause();
        });
    Await.until(() -> calls() == 1);

    for (int i = 0; i < 200; i++) {
      pod("flips", "10.0.0." + i);
    }

    Await.until(() -> "10.0.0.199".equals(at("flips")));
    assertThat(told(key("flips"))).isLessThan(100);
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pod(String name, String address) {
    api.put(
        Kind.POD,
        "shop",
        name,
        "{\"status\": {\"phase\": \"Running\", \"podIP\": \"" + address + "\"}}");
  }

  private static ObjectKey key(String pod) {
    return new ObjectKey(Kind.POD, "shop", pod);
  }

  private synchronized void changed(List<ObjectChange> changes) {
    calls.add(changes);
    for (ObjectChange change : changes) {
      switch (change) {
        case ObjectChange.Put put ->
            world.put(
                put.object().key(),
                put.object() instanceof Pod pod ? String.join(",", pod.addresses()) : "");
        case ObjectChange.Remove remove -> world.remove(remove.key());
        case ObjectChange.Rejected rejected -> {
          // What was known keeps effect.
        }
        case ObjectChange.FileState file -> throw new IllegalStateException(file.toString());
      }
    }
  }

  private synchronized int calls() {
    return calls.size();
  }

  private synchronized Map<ObjectKey, String> world() {
    return new TreeMap<>(world);
  }

  private synchronized @Nullable String at(String pod) {
    return world.get(key(pod));
  }

  private synchronized long told(ObjectKey key) {
    return calls.stream()
        .flatMap(List::stream)
        .filter(
            change ->
                switch (change) {
                  case ObjectChange.Put put -> put.object().key().equals(key);
                  case ObjectChange.Remove remove -> remove.key().equals(key);
                  default -> false;
                })
        .count();
  }
}
