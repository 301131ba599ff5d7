package dev.groundmesh.controller;

import static dev.groundmesh.controller.TestAgent.names;
import static dev.groundmesh.controller.compile.TestResources.uid;
import static dev.groundmesh.meshapi.wire.ResourceType.ADDRESS;
import static dev.groundmesh.meshapi.wire.ResourceType.AUTHORIZATION;
import static dev.groundmesh.meshapi.wire.ResourceType.POD_ENROLMENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.compile.TestResources;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.workload.Address;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The subscription behaviour that an L4 proxy of the ambient mesh relies on. */
@Timeout(60)
class DiscoveryProtocolTest {

  private static final String WEB = "shop/web.shop.svc.cluster.local";

  @TempDir Path directory;
  private TestControlPlane control;
  private TestResources resources;

  @BeforeEach
  void start() throws Exception {
    control = new TestControlPlane(directory);
    resources = control.resources;
    resources
        .service(WEB, "10.96.0.1")
        .pod("a", "10.0.0.1", "node-1", WEB)
        .pod("b", "10.0.0.2", "node-2", WEB)
        .pod("c", "10.0.0.3", "node-2")
        .policy("shop/allow")
        .enrol("a", "node-1")
        .enrol("b", "node-2");
    control.serve();
  }

  @AfterEach
  void stop() throws Exception {
    control.close();
  }

  @Test
  void emptySubscribeListMeansEverything() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    DeltaDiscoveryResponse response = agent.nextAcked();
    assertThat(names(response)).containsExactlyInAnyOrder(WEB, uid("a"), uid("b"), uid("c"));
    assertThat(response.getRemovedResourcesList()).isEmpty();
    assertThat(response.getTypeUrl()).isEqualTo("type.googleapis.com/istio.workload.Address");
    assertThat(response.getNonce()).isNotEmpty();
  }

  @Test
  void resourceIsAnAnyOfItsTypeWithItsVersion() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    for (Resource resource : agent.nextAcked().getResourcesList()) {
      assertThat(resource.getResource().getTypeUrl())
          .isEqualTo("type.googleapis.com/istio.workload.Address");
      assertThat(Address.parseFrom(resource.getResource().getValue()).getTypeCase())
          .isNotEqualTo(Address.TypeCase.TYPE_NOT_SET);
      assertThat(resource.getVersion()).isNotEmpty();
    }
  }

  @Test
  void firstRequestIsAnsweredThoughThereIsNothing() throws Exception {
    TestAgent agent = control.agent("node-3");
    resources.node("node-3").publish();
    TestAgent late = control.agent("node-3");
    late.subscribe(POD_ENROLMENT, Map.of());
    assertThat(late.nextAcked().getResourcesCount()).isZero();
    agent.cut();
  }

  @Test
  void changeIsPushedAlone() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    resources.pod("d", "10.0.0.4", "node-1").publish();
    DeltaDiscoveryResponse push = agent.nextAcked();
    assertThat(names(push)).containsExactly(uid("d"));
    resources.removePod("d", "node-1").publish();
    DeltaDiscoveryResponse removal = agent.nextAcked();
    assertThat(removal.getResourcesList()).isEmpty();
    assertThat(removal.getRemovedResourcesList()).containsExactly(uid("d"));
  }

  @Test
  void changesAreGatheredWhileAnAnswerIsOutstanding() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    resources.pod("d", "10.0.0.4", "node-1").publish();
    DeltaDiscoveryResponse first = agent.next();
    resources.pod("e", "10.0.0.5", "node-1").publish();
    resources.pod("f", "10.0.0.6", "node-1").publish();
    resources.removePod("e", "node-1").publish();
    agent.ack(first);
    DeltaDiscoveryResponse rest = agent.nextAcked();
    assertThat(names(rest)).containsExactly(uid("f"));
    assertThat(rest.getRemovedResourcesList()).containsExactly(uid("e"));
  }

  @Test
  void rejectionIsTakenAsAnAnswerAndReported() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nack(agent.next(), "workload: bad address");
    resources.pod("d", "10.0.0.4", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("d"));
    assertThat(control.http("GET", "/debug/agents").body())
        .contains("\"nacks\":1")
        .contains("workload: bad address");
    assertThat(control.http("GET", "/metrics").body())
        .contains("pilot_total_xds_rejects{type=\"address\"} 1");
  }

  @Test
  void rejectionStandsUntilALaterVersionIsAccepted() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nack(agent.next(), "workload: bad address");
    Await.until(() -> agents().contains("\"refuses\":true"));
    resources.pod("d", "10.0.0.4", "node-1").publish();
    DeltaDiscoveryResponse later = agent.next();
    assertThat(agents()).contains("\"refuses\":true");

    agent.ack(later);

    Await.until(() -> agents().contains("\"refuses\":false"));
    assertThat(agents()).contains("\"nacks\":1", "workload: bad address");
  }

  private String agents() {
    try {
      return control.http("GET", "/debug/agents").body();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answerToAnUnknownNonceIsIgnored() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    DeltaDiscoveryResponse response = agent.next();
    agent.ack(response.toBuilder().setNonce("stale").build());
    agent.ack(response);
    resources.pod("d", "10.0.0.4", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("d"));
    assertThat(control.http("GET", "/metrics").body())
        .contains("pilot_xds_expired_nonce{type=\"address\"} 1");
  }

  @Test
  void reconnectBringsOnlyWhatDiffers() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    Map<String, String> held = versions(agent.nextAcked());
    agent.cut();
    held.put(uid("b"), "0000000000000000");
    held.put(uid("gone"), "1234");
    TestAgent again = control.agent("node-1");
    again.subscribe(ADDRESS, held);
    DeltaDiscoveryResponse difference = again.nextAcked();
    assertThat(names(difference)).containsExactly(uid("b"));
    assertThat(difference.getRemovedResourcesList()).containsExactly(uid("gone"));
  }

  @Test
  void reconnectWithNothingToTellIsAnsweredEmpty() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    Map<String, String> held = versions(agent.nextAcked());
    agent.cut();
    TestAgent again = control.agent("node-1");
    again.subscribe(ADDRESS, held);
    DeltaDiscoveryResponse difference = again.nextAcked();
    assertThat(difference.getResourcesCount()).isZero();
    assertThat(difference.getRemovedResourcesCount()).isZero();
  }

  @Test
  void reconnectTakesNothingAwayThatCameAfterTheSharedWholeWasMade() throws Exception {
    for (int i = 0; i < 30; i++) {
      resources.pod("p" + i, "10.1.0." + i, "node-2");
    }
    resources.publish();
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    Map<String, String> held = versions(agent.nextAcked());
    resources.pod("new", "10.0.0.4", "node-2").pod("a", "10.0.0.5", "node-1", WEB).publish();
    held.putAll(versions(agent.nextAcked()));
    agent.cut();

    TestAgent again = control.agent("node-1");
    again.subscribe(ADDRESS, held);
    DeltaDiscoveryResponse difference = again.nextAcked();

    assertThat(difference.getRemovedResourcesList()).isEmpty();
    assertThat(difference.getResourcesList()).isEmpty();
  }

  @Test
  void policiesCarryNoVersionAndComeAgainOnReconnect() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(AUTHORIZATION, Map.of("shop/allow", "", "shop/gone", ""));
    DeltaDiscoveryResponse response = agent.nextAcked();
    assertThat(names(response)).containsExactly("shop/allow");
    assertThat(response.getResources(0).getVersion()).isEmpty();
    assertThat(response.getRemovedResourcesList()).containsExactly("shop/gone");
  }

  @Test
  void policyOfAChangeIsSentBeforeItsWorkload() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    agent.subscribe(AUTHORIZATION, Map.of());
    agent.nextAcked();
    resources.policy("shop/deny").pod("a", "10.0.0.9", "node-1", WEB).publish();
    assertThat(names(agent.nextAcked())).containsExactly("shop/deny");
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void workloadWaitsForThePolicyThatWaitsForAnAnswer() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    agent.subscribe(AUTHORIZATION, Map.of());
    DeltaDiscoveryResponse unanswered = agent.next();
    resources.policy("shop/deny").pod("a", "10.0.0.9", "node-1", WEB).publish();
    agent.ask(ADDRESS, "/10.0.0.3");
    assertThat(names(agent.nextAcked())).as("what was asked for").containsExactly(uid("c"));
    agent.ack(unanswered);
    assertThat(names(agent.nextAcked())).containsExactly("shop/deny");
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void starGivenBackAtOnceSubscribesToNothing() throws Exception {
    TestAgent agent = control.agent("node-9");
    agent.subscribeToNothing(ADDRESS, Map.of());
    assertThat(agent.nextAcked().getResourcesCount()).isZero();
    resources.pod("d", "10.0.0.4", "node-1").publish();
    agent.ask(ADDRESS, "/10.0.0.3");
    assertThat(names(agent.nextAcked())).containsExactly(uid("c"));
  }

  @Test
  void onDemandSubscriberIsToldOfItsOwnNodeUnasked() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribeToNothing(ADDRESS, Map.of());
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
    resources.pod("d", "10.0.0.4", "node-2").pod("e", "10.0.0.5", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("e"));
  }

  @Test
  void vipBringsItsServiceAndWorkloadsWithAliases() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, "/10.96.0.1");
    DeltaDiscoveryResponse response = agent.nextAcked();
    assertThat(names(response)).containsExactlyInAnyOrder(WEB, uid("a"), uid("b"));
    assertThat(response.getResources(0).getAliasesList()).containsExactly("/10.96.0.1");
  }

  @Test
  void hostnameAndUidAreKeysToo() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, WEB);
    assertThat(names(agent.nextAcked())).contains(WEB, uid("a"), uid("b"));
    agent.ask(ADDRESS, uid("c"));
    assertThat(names(agent.nextAcked())).containsExactly(uid("c"));
  }

  @Test
  void unknownKeyIsAnsweredAsARemovalAndToldWhenItAppears() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, "/10.0.0.77");
    DeltaDiscoveryResponse response = agent.nextAcked();
    assertThat(response.getResourcesCount()).isZero();
    assertThat(response.getRemovedResourcesList()).containsExactly("/10.0.0.77");
    resources.pod("late", "10.0.0.77", "node-2").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("late"));
  }

  @Test
  void serviceThatAppearsUnderAnAskedAddressBringsItsWorkloads() throws Exception {
    String late = "shop/late.shop.svc.cluster.local";
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, "/10.96.0.9");
    agent.nextAcked();
    resources.pod("d", "10.0.0.4", "node-2", late).publish();
    resources.service(late, "10.96.0.9").pod("e", "10.0.0.5", "node-2", late).publish();

    assertThat(names(agent.nextAcked())).containsExactlyInAnyOrder(late, uid("d"), uid("e"));
  }

  @Test
  void nameAskedForBesideEverythingStaysWhenEverythingIsGivenBack() throws Exception {
    TestAgent agent = control.agent("node-9");
    agent.ask(ADDRESS, "*", "/10.96.0.1");
    agent.nextAcked();
    agent.send(TestAgent.request(ADDRESS).addResourceNamesUnsubscribe("*"));
    agent.ask(ADDRESS, uid("a"));
    agent.nextAcked();

    resources.pod("c", "10.0.0.33", "node-2").pod("b", "10.0.0.22", "node-2", WEB).publish();

    assertThat(names(agent.nextAcked())).containsExactly(uid("b"));
  }

  @Test
  void requestsAreNotReadFasterThanTheirAnswersAre() throws Exception {
    TestAgent agent = new TestAgent(control.channel(), control.agentToken("node-9"), 1);
    agent.subscribeToNothing(ADDRESS, Map.of());
    agent.nextAcked();
    String longKey = "k".repeat(8 << 10);
    int asked = 2000;
    for (int i = 0; i < asked; i++) {
      agent.ask(ADDRESS, longKey + i);
    }
    int known = 0;
    for (int now = keys(); known == 0 || now > known; now = keys()) {
      known = now;
      Thread.sleep(200);
    }
    assertThat(known).isPositive().isLessThan(asked);

    agent.read(asked);
    for (int i = 0; i < asked; i++) {
      assertThat(agent.next().getRemovedResourcesList()).containsExactly(longKey + i);
    }
  }

  /** How many keys of the only agent's are known. */
  private int keys() throws Exception {
    Matcher keys =
        Pattern.compile("\"keys\":(\\d+)").matcher(control.http("GET", "/debug/agents").body());
    return keys.find() ? Integer.parseInt(keys.group(1)) : 0;
  }

  @Test
  void whatAKeyBroughtIsKeptUpToDate() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, "/10.96.0.1");
    agent.nextAcked();
    resources.pod("b", "10.0.0.22", "node-2", WEB).pod("c", "10.0.0.33", "node-2").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("b"));
    resources.pod("new", "10.0.0.44", "node-2", WEB).publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("new"));
    resources.removePod("new", "node-2").publish();
    assertThat(agent.nextAcked().getRemovedResourcesList()).containsExactly(uid("new"));
  }

  @Test
  void newKeyDoesNotHideAChangeOfAnotherThatIsStillToBeTold() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, uid("c"));
    DeltaDiscoveryResponse unanswered = agent.next();
    resources.pod("c", "10.0.0.33", "node-2").publish();
    agent.ask(ADDRESS, uid("a"));
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
    agent.ack(unanswered);
    assertThat(names(agent.nextAcked())).containsExactly(uid("c"));
  }

  @Test
  void onDemandReconnectResumesItsKeys() throws Exception {
    TestAgent agent = control.agent("node-9");
    agent.subscribeToNothing(ADDRESS, Map.of(uid("c"), "old", uid("gone"), "x", "/10.0.0.1", ""));
    DeltaDiscoveryResponse response = agent.nextAcked();
    assertThat(names(response)).containsExactlyInAnyOrder(uid("c"), uid("a"));
    assertThat(response.getRemovedResourcesList()).containsExactly(uid("gone"));
    resources.pod("c", "10.0.0.33", "node-2").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("c"));
  }

  @Test
  void unsubscribedKeyIsNotPushedAnyMore() throws Exception {
    TestAgent agent = onDemand();
    agent.ask(ADDRESS, uid("c"));
    agent.nextAcked();
    agent.send(TestAgent.request(ADDRESS).addResourceNamesUnsubscribe(uid("c")));
    agent.ask(ADDRESS, uid("a"));
    agent.nextAcked();
    resources.pod("c", "10.0.0.33", "node-2").pod("a", "10.0.0.11", "node-1", WEB).publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void enrolmentsAreThoseOfTheCallersNode() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(POD_ENROLMENT, Map.of());
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
    resources.enrol("c", "node-2").publish();
    resources.pod("d", "10.0.0.4", "node-1").enrol("d", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("d"));
    resources.release("a", "node-1").publish();
    assertThat(agent.nextAcked().getRemovedResourcesList()).containsExactly(uid("a"));
  }

  @Test
  void enrolmentsAreRefusedToWhoIsNoNodeAgent() throws Exception {
    TestAgent pod = new TestAgent(control.channel(), control.podToken("a", "node-1"));
    pod.subscribe(POD_ENROLMENT, Map.of());
    assertThat(pod.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void unknownTypeIsRefusedByName() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.send(
        TestAgent.request(ADDRESS).setTypeUrl("type.googleapis.com/envoy.config.cluster.v3.X"));
    assertThat(agent.end().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void largeSnapshotComesInBoundedPieces() throws Exception {
    Set<String> expected = new HashSet<>(List.of(WEB, uid("a"), uid("b"), uid("c")));
    for (int i = 0; i < 5_000; i++) {
      resources.pod("p" + i, "10.1." + i / 250 + '.' + i % 250, "node-2");
      expected.add(uid("p" + i));
    }
    resources.publish();
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    Set<String> received = new HashSet<>();
    Set<String> nonces = new HashSet<>();
    int pieces = 0;
    while (received.size() < expected.size()) {
      DeltaDiscoveryResponse response = agent.nextAcked();
      assertThat(response.getSerializedSize()).isLessThan(512 << 10);
      received.addAll(names(response));
      nonces.add(response.getNonce());
      pieces++;
    }
    assertThat(received).isEqualTo(expected);
    assertThat(pieces).isGreaterThan(1).isEqualTo(nonces.size());
  }

  @Test
  void allSubscribersHearOfAChange() throws Exception {
    Map<TestAgent, String> agents = new HashMap<>();
    for (int i = 0; i < 6; i++) {
      TestAgent agent = new TestAgent(control.channel(), control.agentToken("node-" + (i % 2 + 1)));
      agent.subscribe(ADDRESS, Map.of());
      agent.nextAcked();
      agents.put(agent, "");
    }
    resources.pod("d", "10.0.0.4", "node-1").publish();
    for (TestAgent agent : agents.keySet()) {
      assertThat(names(agent.nextAcked())).containsExactly(uid("d"));
    }
  }

  private TestAgent onDemand() throws Exception {
    TestAgent agent = control.agent("node-9");
    agent.subscribeToNothing(ADDRESS, Map.of());
    agent.nextAcked();
    return agent;
  }

  private static Map<String, String> versions(DeltaDiscoveryResponse response) {
    Map<String, String> versions = new HashMap<>();
    response.getResourcesList().forEach(r -> versions.put(r.getName(), r.getVersion()));
    return versions;
  }
}
