package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.Await;
import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KubernetesStatusesTest {

  private static final Condition ACCEPTED =
      new Condition("ZtunnelAccepted", true, "Accepted", "enforced");
  private static final Condition UNSUPPORTED =
      new Condition("ZtunnelAccepted", false, "UnsupportedValue", "spec.action: CUSTOM");

  private final MetricRegistry metrics = new MetricRegistry();
  private final Election election = new Election();
  private FakeApiServer api;
  private KubernetesClient client;
  private KubernetesStatuses statuses;
  private AddressAllocator addresses;

  @BeforeEach
  void open() throws IOException {
    api = new FakeApiServer();
    client = api.client();
    statuses = KubernetesStatuses.start(client, election, metrics, Clock.systemUTC());
    addresses = AddressAllocator.start(client, election);
    api.put(
        Kind.AUTHORIZATION_POLICY, "shop", "p", "{\"metadata\": {\"uid\": \"u1\"}, \"spec\": {}}");
  }

  @AfterEach
  void close() {
    addresses.close();
    statuses.close();
    client.close();
    api.close();
  }

  @Test
  void theLeaderWritesConditions() {
    election.lead(true);

    statuses.statuses(List.of(status("p", "u1", ACCEPTED)), List.of());

    Await.until(() -> policy().contains("\"reason\":\"Accepted\""));
    assertThat(policy()).contains("\"observedGeneration\":2");
    assertThat(api.events()).isEmpty();
  }

  @Test
  void whoDoesNotLeadWritesNothingUntilItDoes() throws InterruptedException {
    statuses.statuses(List.of(status("p", "u1", ACCEPTED)), List.of());
    Thread.sleep(100);
    assertThat(api.patches()).isZero();

    election.lead(true);

    Await.until(() -> policy().contains("\"reason\":\"Accepted\""));
  }

  @Test
  void aNewLeaderWritesOnlyWhereTheObjectSaysSomethingElse() {
    election.lead(true);
    statuses.statuses(List.of(status("p", "u1", ACCEPTED)), List.of());
    Await.until(() -> api.patches() == 1);

    election.lead(false);
    election.lead(true);

    Await.until(
        () -> metrics.scrape().contains("groundmesh_status_writes_total{result=\"unchanged\"} 1"));
    assertThat(api.patches()).isEqualTo(1);
  }

  @Test
  void aConditionThatWarnsIsAnEventToo() {
    election.lead(true);

    statuses.statuses(List.of(status("p", "u1", UNSUPPORTED)), List.of());
    Await.until(() -> api.events().equals(List.of("ZtunnelAccepted: spec.action: CUSTOM")));
    election.lead(false);
    election.lead(true);

    Await.until(
        () -> metrics.scrape().contains("groundmesh_status_writes_total{result=\"unchanged\"} 1"));
    assertThat(api.events()).hasSize(1);
  }

  @Test
  void theStatusOfAnObjectOfTheSameNameIsNotWrittenIntoAnother() throws InterruptedException {
    election.lead(true);

    statuses.statuses(List.of(status("p", "its predecessor", ACCEPTED)), List.of());

    Await.until(() -> api.requests("/authorizationpolicies/p") > 0);
    Thread.sleep(100);
    assertThat(api.patches()).isZero();
  }

  @Test
  void aServerThatIsDownIsWrittenToLater() {
    election.lead(true);
    api.down(true);
    statuses.statuses(List.of(status("p", "u1", ACCEPTED)), List.of());
    Await.until(
        () -> metrics.scrape().contains("groundmesh_status_writes_total{result=\"failed\"}"));

    api.down(false);

    Await.until(() -> policy().contains("\"reason\":\"Accepted\""));
  }

  @Test
  void anObjectThatIsGoneHoldsUpNoOther() {
    election.lead(true);

    statuses.statuses(
        List.of(status("deleted", "u0", ACCEPTED), status("p", "u1", ACCEPTED)), List.of());

    Await.until(() -> policy().contains("\"reason\":\"Accepted\""));
  }

  @Test
  void aStatusThatTheServerRefusesHoldsUpNoOther() {
    api.put(
        Kind.AUTHORIZATION_POLICY,
        "shop",
        "bad",
        "{\"metadata\": {\"uid\": \"u2\"}, \"spec\": {}}");
    api.refuse("/authorizationpolicies/bad/");
    election.lead(true);

    statuses.statuses(List.of(status("bad", "u2", ACCEPTED)), List.of());
    Await.until(
        () -> metrics.scrape().contains("groundmesh_status_writes_total{result=\"refused\"} 1"));
    statuses.statuses(List.of(status("p", "u1", ACCEPTED)), List.of());

    Await.until(() -> policy().contains("\"reason\":\"Accepted\""));
    assertThat(metrics.scrape())
        .doesNotContain("groundmesh_status_writes_total{result=\"failed\"}");
  }

  @Test
  void anEventThatTheNamespaceTakesNoMoreDoesNotKeepItsStatusFromBeingWritten() {
    api.refuse("/events");
    election.lead(true);

    statuses.statuses(List.of(status("p", "u1", UNSUPPORTED)), List.of());

    Await.until(() -> metrics.scrape().contains("groundmesh_events_dropped_total 1"));
    assertThat(policy()).contains("UnsupportedValue");
    assertThat(metrics.scrape())
        .doesNotContain("groundmesh_status_writes_total{result=\"failed\"}");
  }

  @Test
  void anAddressThatTheServerRefusesHoldsUpNoOther() {
    for (String name : List.of("bad", "good")) {
      api.put(
          Kind.SERVICE_ENTRY,
          "shop",
          name,
          "{\"spec\": {\"hosts\": [\"" + name + ".example.com\"]}}");
    }
    api.refuse("/serviceentries/bad/");
    election.lead(true);
    for (String name : List.of("bad", "good")) {
      ServiceEntry entry = AddressPlanTest.entry(name, 1, List.of(name + ".example.com"), Map.of());
      addresses.changed(List.of(new ObjectChange.Put(entry, List.of())));
    }

    Await.until(() -> api.statusOf(Kind.SERVICE_ENTRY, "shop", "good").contains("240.240."));
    assertThat(api.requests("/serviceentries/bad/status")).isEqualTo(1);
  }

  @Test
  void theLeaderGivesServiceEntriesTheirAddresses() {
    api.put(Kind.SERVICE_ENTRY, "shop", "e", "{\"spec\": {\"hosts\": [\"example.com\"]}}");
    ServiceEntry entry =
        AddressPlanTest.entry("e", Long.MAX_VALUE, List.of("example.com"), Map.of());
    addresses.changed(List.of(new ObjectChange.Put(entry, List.of())));
    assertThat(api.statusOf(Kind.SERVICE_ENTRY, "shop", "e")).isEmpty();

    election.lead(true);

    Await.until(
        () ->
            api.statusOf(Kind.SERVICE_ENTRY, "shop", "e")
                .matches(
                    "\\{\"addresses\":\\[\\{\"host\":\"example.com\",\"value\":\"240.240.[0-9.]+\"},"
                        + "\\{\"host\":\"example.com\",\"value\":\"2001:2::[0-9a-f]+\"}]}"));
  }

  private String policy() {
    return api.statusOf(Kind.AUTHORIZATION_POLICY, "shop", "p");
  }

  private static ObjectStatus status(String name, String uid, Condition condition) {
    return new ObjectStatus(
        "AuthorizationPolicy", "shop", name, "", uid, 2, List.of(condition), List.of());
  }

  /** Whoever the test says leads. */
  private static final class Election implements Leadership {

    private final List<Listener> listeners = new ArrayList<>();
    private volatile boolean leads;

    void lead(boolean now) {
      leads = now;
      for (Listener listener : listeners) {
        if (now) {
          listener.gained();
        } else {
          listener.lost();
        }
      }
    }

    @Override
    public boolean isLeader() {
      return leads;
    }

    @Override
    public void listen(Listener listener) {
      listeners.add(listener);
    }
  }
}
