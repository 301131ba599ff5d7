package dev.groundmesh.meshapi.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.wire.DecodedResponse;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class XdsClientTest {
  private static final Node NODE =
      Node.newBuilder().setId("ztunnel~10.0.0.1~agent.mesh~mesh.svc.cluster.local").build();

  private final ScheduledExecutorService owner = Executors.newSingleThreadScheduledExecutor();
  private final Holder addresses = new Holder();
  private final Holder policies = new Holder();
  private final Recorder recorder = new Recorder();
  private ScriptedControlPlane controlPlane;
  private XdsClient client;

  @BeforeEach
  void open(TestInfo test) throws IOException {
    controlPlane = new ScriptedControlPlane(test.getDisplayName());
    client = client(SubscriptionMode.WILDCARD);
  }

  @AfterEach
  void close() throws InterruptedException {
    client.close();
    controlPlane.close();
    owner.shutdown();
    assertThat(owner.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aWildcardSubscriptionNamesNothing() throws Exception {
    client.start();
    ScriptedControlPlane.Stream stream = controlPlane.accept();

    DeltaDiscoveryRequest first = stream.request();
    assertThat(first.getTypeUrl()).isEqualTo("type.googleapis.com/istio.workload.Address");
    assertThat(first.getNode()).isEqualTo(NODE);
    assertThat(first.getResourceNamesSubscribeList()).isEmpty();
    assertThat(first.getResourceNamesUnsubscribeList()).isEmpty();
    assertThat(first.getInitialResourceVersionsMap()).isEmpty();
    assertThat(stream.request().getTypeUrl())
        .isEqualTo("type.googleapis.com/istio.security.Authorization");
  }

  @Test
  void aResponseIsAppliedAndAcknowledgedWithItsNonce() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1"), resource("b", "v1")));

    DeltaDiscoveryRequest acknowledgement = stream.request();
    assertThat(acknowledgement.getResponseNonce()).isEqualTo("n1");
    assertThat(acknowledgement.getTypeUrl()).isEqualTo(ResourceType.ADDRESS.typeUrl());
    assertThat(acknowledgement.hasErrorDetail()).isFalse();
    assertThat(addresses.versions()).isEqualTo(Map.of("a", "v1", "b", "v1"));
  }

  @Test
  void itIsSyncedOnceEachWildcardTypeWasReceived() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1"));
    stream.request();
    assertThat(client.status().synced()).isFalse();

    stream.send(response(ResourceType.AUTHORIZATION, "n2"));
    stream.request();

    assertThat(client.status().synced()).isTrue();
  }

  @Test
  void aBadResourceIsReportedAndTheGoodOnesAreInForce() throws Exception {
    addresses.bad.add("bad");
    ScriptedControlPlane.Stream stream = begin();
    stream.send(
        response(ResourceType.ADDRESS, "n1", resource("good", "v1"), resource("bad", "v1")));

    DeltaDiscoveryRequest answer = stream.request();
    assertThat(answer.getResponseNonce()).isEqualTo("n1");
    assertThat(answer.getErrorDetail().getCode()).isEqualTo(3);
    assertThat(answer.getErrorDetail().getMessage()).isEqualTo("bad: told to be bad");
    assertThat(addresses.versions()).isEqualTo(Map.of("good", "v1"));
  }

  @Test
  void afterAReconnectWhatWasRejectedIsNotReportedAsHeld() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1")));
    stream.request();
    addresses.bad.add("a");
    addresses.bad.add("b");
    stream.send(response(ResourceType.ADDRESS, "n2", resource("a", "v2"), resource("b", "v1")));
    stream.request();
    stream.complete();

    assertThat(controlPlane.accept().request().getInitialResourceVersionsMap())
        .isEqualTo(Map.of("a", "v1"));
  }

  @Test
  void aReconnectOffersTheVersionsThatAreHeld() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1"), resource("b", "v2")));
    stream.request();
    stream.send(response(ResourceType.AUTHORIZATION, "n2", resource("p", "")));
    stream.request();
    stream.fail(Status.UNAVAILABLE.withDescription("broken"));

    ScriptedControlPlane.Stream next = controlPlane.accept();
    DeltaDiscoveryRequest first = next.request();
    assertThat(first.getInitialResourceVersionsMap()).isEqualTo(Map.of("a", "v1", "b", "v2"));
    assertThat(first.getNode()).isEqualTo(NODE);
    assertThat(next.request().getInitialResourceVersionsMap()).isEqualTo(Map.of("p", ""));
  }

  @Test
  void whatWasKnownBeforeTheStartIsOfferedToo() throws Exception {
    addresses.held.put("from disk", "v9");
    client.start();

    assertThat(controlPlane.accept().request().getInitialResourceVersionsMap())
        .isEqualTo(Map.of("from disk", "v9"));
  }

  @Test
  void aStreamThatIsCutBetweenTwoUpdatesLosesNothing() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1")));
    stream.request();
    stream.fail(Status.CANCELLED);

    ScriptedControlPlane.Stream next = controlPlane.accept();
    next.request();
    next.request();
    next.send(response(ResourceType.ADDRESS, "n1", resource("b", "v1")));
    next.request();

    assertThat(addresses.versions()).isEqualTo(Map.of("a", "v1", "b", "v1"));
  }

  @Test
  void removalsAreAppliedAndThoseOfTheUnknownAreNoError() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1")));
    stream.request();
    stream.send(
        response(ResourceType.ADDRESS, "n2").toBuilder()
            .addRemovedResources("a")
            .addRemovedResources("never seen")
            .build());

    assertThat(stream.request().hasErrorDetail()).isFalse();
    assertThat(addresses.versions()).isEmpty();
  }

  @Test
  void aHandlerThatFailsIsReportedAndTheStreamGoesOn() throws Exception {
    addresses.failing = true;
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1", resource("a", "v1")));
    assertThat(stream.request().getErrorDetail().getMessage()).contains("failing");

    addresses.failing = false;
    stream.send(response(ResourceType.ADDRESS, "n2", resource("a", "v1")));
    assertThat(stream.request().hasErrorDetail()).isFalse();
    assertThat(addresses.versions()).containsKey("a");
  }

  @Test
  void aTypeThatNobodyAskedForIsRefused() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(
        DeltaDiscoveryResponse.newBuilder().setTypeUrl("type.example/Other").setNonce("n").build());

    DeltaDiscoveryRequest answer = stream.request();
    assertThat(answer.getResponseNonce()).isEqualTo("n");
    assertThat(answer.getErrorDetail().getMessage()).contains("type.example/Other");
  }

  @Test
  void anUnboundedListOfRejectionsIsCutShort() throws Exception {
    DeltaDiscoveryResponse.Builder response = response(ResourceType.ADDRESS, "n1").toBuilder();
    for (int i = 0; i < 1000; i++) {
      addresses.bad.add("resource-" + i);
      response.addResources(resource("resource-" + i, "v1"));
    }
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response.build());

    assertThat(stream.request().getErrorDetail().getMessage()).hasSizeBetween(1000, 5000);
  }

  @Test
  void onDemandBeginsWithNothing() throws Exception {
    client = client(SubscriptionMode.ON_DEMAND);
    client.start();

    DeltaDiscoveryRequest first = controlPlane.accept().request();
    assertThat(first.getResourceNamesSubscribeList()).containsExactly("*");
    assertThat(first.getResourceNamesUnsubscribeList()).containsExactly("*");
  }

  @Test
  void whatIsAskedForOnDemandIsNotWaitedFor() throws Exception {
    client = client(SubscriptionMode.ON_DEMAND);
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.AUTHORIZATION, "n1"));
    stream.request();

    assertThat(client.status().synced()).isTrue();
  }

  @Test
  void aDemandIsOneRequestAndCompletesWithTheAnswersAlias() throws Exception {
    client = client(SubscriptionMode.ON_DEMAND);
    ScriptedControlPlane.Stream stream = begin();
    CompletableFuture<Void> one = client.demand(ResourceType.ADDRESS, "net/10.0.0.1");
    CompletableFuture<Void> same = client.demand(ResourceType.ADDRESS, "net/10.0.0.1");

    assertThat(stream.request().getResourceNamesSubscribeList()).containsExactly("net/10.0.0.1");
    assertThat(one).isNotDone();
    stream.send(
        response(
            ResourceType.ADDRESS,
            "n1",
            resource("c//Pod/ns/x", "v1").toBuilder().addAliases("net/10.0.0.1").build()));

    one.get(10, TimeUnit.SECONDS);
    same.get(10, TimeUnit.SECONDS);
    assertThat(addresses.versions()).containsKey("c//Pod/ns/x");
    assertThat(stream.request().getResponseNonce()).isEqualTo("n1");
    assertThat(stream.isQuiet()).isTrue();
  }

  @Test
  void aDemandForTheUnknownIsAnsweredByARemoval() throws Exception {
    client = client(SubscriptionMode.ON_DEMAND);
    ScriptedControlPlane.Stream stream = begin();
    CompletableFuture<Void> demand = client.demand(ResourceType.ADDRESS, "net/10.9.9.9");
    stream.request();
    stream.send(
        response(ResourceType.ADDRESS, "n1").toBuilder()
            .addRemovedResources("net/10.9.9.9")
            .build());

    demand.get(10, TimeUnit.SECONDS);
  }

  @Test
  void anUnansweredDemandIsAskedAgainOnTheNextStream() throws Exception {
    client = client(SubscriptionMode.ON_DEMAND);
    ScriptedControlPlane.Stream stream = begin();
    CompletableFuture<Void> demand = client.demand(ResourceType.ADDRESS, "net/10.0.0.1");
    stream.request();
    stream.fail(Status.UNAVAILABLE);

    ScriptedControlPlane.Stream next = controlPlane.accept();
    assertThat(next.request().getResourceNamesSubscribeList()).containsExactly("*", "net/10.0.0.1");
    next.send(
        response(ResourceType.ADDRESS, "n1").toBuilder()
            .addRemovedResources("net/10.0.0.1")
            .build());
    demand.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aDemandOnAWildcardTypeIsRefused() {
    assertThatThrownBy(() -> client.demand(ResourceType.ADDRESS, "x").get(10, TimeUnit.SECONDS))
        .hasMessageContaining("on demand");
  }

  @Test
  void endsAreCountedByTheirReason() throws Exception {
    begin().fail(Status.UNAUTHENTICATED);
    assertThat(recorder.end()).isEqualTo(StreamEnd.ERROR);
    controlPlane.accept().fail(Status.UNAVAILABLE.withDescription("Connection refused"));
    assertThat(recorder.end()).isEqualTo(StreamEnd.CONNECTION_ERROR);
    controlPlane
        .accept()
        .fail(Status.UNAVAILABLE.withDescription("Connection closed after GOAWAY"));
    assertThat(recorder.end()).isEqualTo(StreamEnd.RECONNECT);
    controlPlane.accept().fail(Status.DEADLINE_EXCEEDED);
    assertThat(recorder.end()).isEqualTo(StreamEnd.RECONNECT);
    controlPlane.accept().complete();
    assertThat(recorder.end()).isEqualTo(StreamEnd.COMPLETE);
  }

  @Test
  void itSaysThatTheControlPlaneIsGoneAndWhy() throws Exception {
    ScriptedControlPlane.Stream stream = begin();
    stream.send(response(ResourceType.ADDRESS, "n1"));
    stream.request();
    stream.fail(Status.PERMISSION_DENIED.withDescription("not you"));
    recorder.end();

    assertThat(client.status().lastError()).contains("PERMISSION_DENIED").contains("not you");
  }

  @Test
  void withoutAChannelItTriesAgain() throws Exception {
    BlockingQueue<Integer> asked = new LinkedBlockingQueue<>();
    client =
        new XdsClient(
            () -> {
              asked.add(asked.size());
              if (asked.size() < 3) {
                throw new IOException("root certificate: missing");
              }
              return controlPlane.channel();
            },
            NODE,
            List.of(new Subscription(ResourceType.ADDRESS, SubscriptionMode.WILDCARD, addresses)),
            owner,
            InstantSource.system(),
            recorder);
    client.start();

    controlPlane.accept().request();
    assertThat(asked).hasSize(3);
    assertThat(client.status().lastError()).contains("root certificate: missing");
  }

  @Test
  void oneTypeCannotBeSubscribedToTwice() {
    Subscription once =
        new Subscription(ResourceType.ADDRESS, SubscriptionMode.WILDCARD, addresses);
    assertThatThrownBy(
            () ->
                new XdsClient(
                    controlPlane::channel,
                    NODE,
                    List.of(once, once),
                    owner,
                    InstantSource.system(),
                    XdsObserver.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: once");
  }

  /** Begins a stream and takes the first request of each type off it. */
  private ScriptedControlPlane.Stream begin() throws InterruptedException {
    client.start();
    ScriptedControlPlane.Stream stream = controlPlane.accept();
    stream.request();
    stream.request();
    return stream;
  }

  private XdsClient client(SubscriptionMode mode) {
    return new XdsClient(
        controlPlane::channel,
        NODE,
        List.of(
            new Subscription(ResourceType.ADDRESS, mode, addresses),
            new Subscription(ResourceType.AUTHORIZATION, SubscriptionMode.WILDCARD, policies)),
        owner,
        InstantSource.system(),
        recorder);
  }

  private static DeltaDiscoveryResponse response(
      ResourceType type, String nonce, Resource... resources) {
    return DeltaDiscoveryResponse.newBuilder()
        .setTypeUrl(type.typeUrl())
        .setNonce(nonce)
        .addAllResources(List.of(resources))
        .build();
  }

  private static Resource resource(String name, String version) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(
            Any.newBuilder()
                .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                .setValue(ByteString.copyFromUtf8(name)))
        .build();
  }

  /** Keeps names and versions, as the mesh's own store does. */
  private static final class Holder implements ResourceHandler {
    private final Map<String, String> held = new TreeMap<>();
    private final Set<String> bad = new HashSet<>();
    private boolean failing;

    @Override
    public synchronized List<DecodedResponse.Rejection> apply(DeltaDiscoveryResponse response) {
      if (failing) {
        throw new IllegalStateException("failing");
      }
      List<DecodedResponse.Rejection> rejected = new ArrayList<>();
      for (Resource resource : response.getResourcesList()) {
        if (bad.contains(resource.getName())) {
          rejected.add(new DecodedResponse.Rejection(resource.getName(), "told to be bad"));
        } else {
          held.put(resource.getName(), resource.getVersion());
        }
      }
      response.getRemovedResourcesList().forEach(held::remove);
      return rejected;
    }

    @Override
    public synchronized Map<String, String> versions() {
      return new TreeMap<>(held);
    }
  }

  private static final class Recorder implements XdsObserver {
    private final BlockingQueue<StreamEnd> ends = new LinkedBlockingQueue<>();

    StreamEnd end() throws InterruptedException {
      StreamEnd end = ends.poll(10, TimeUnit.SECONDS);
      if (end == null) {
        throw new AssertionError("no end within 10 s");
      }
      return end;
    }

    @Override
    public void connected() {}

    @Override
    public void ended(StreamEnd end) {
      ends.add(end);
    }

    @Override
    public void received(ResourceType type, long bytes) {}

    @Override
    public void applied(ResourceType type, int rejected, Duration took) {}
  }
}
