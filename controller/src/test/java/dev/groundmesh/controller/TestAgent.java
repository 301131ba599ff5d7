package dev.groundmesh.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.discovery.Status;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One delta ADS stream as an agent makes it; tests say each request and see each response. */
public final class TestAgent {

  private final ClientCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call;
  private final BlockingQueue<DeltaDiscoveryResponse> responses = new LinkedBlockingQueue<>();
  private final CompletableFuture<io.grpc.Status> end = new CompletableFuture<>();

  public TestAgent(ManagedChannel channel, String token) {
    this(channel, token, Integer.MAX_VALUE);
  }

  /** An agent that reads no more than so many responses. */
  public TestAgent(ManagedChannel channel, String token, int reads) {
    call = channel.newCall(ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES, CallOptions.DEFAULT);
    Metadata headers = new Metadata();
    if (!token.isEmpty()) {
      headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + token);
    }
    headers.put(ControlPlaneMethods.CLUSTER_ID, "Kubernetes");
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(DeltaDiscoveryResponse response) {
            responses.add(response);
          }

          @Override
          public void onClose(io.grpc.Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        headers);
    if (reads > 0) {
      call.request(reads);
    }
  }

  public void send(DeltaDiscoveryRequest.Builder request) {
    call.sendMessage(
        request.setNode(Node.newBuilder().setId("ztunnel~10.0.0.1~agent.istio-system~x")).build());
  }

  public static DeltaDiscoveryRequest.Builder request(ResourceType type) {
    return DeltaDiscoveryRequest.newBuilder().setTypeUrl(type.typeUrl());
  }

  /** Everything, as the first request of a wildcard subscriber. */
  public void subscribe(ResourceType type, Map<String, String> retained) {
    send(request(type).putAllInitialResourceVersions(retained));
  }

  public void ask(ResourceType type, String... keys) {
    send(request(type).addAllResourceNamesSubscribe(List.of(keys)));
  }

  /** Subscribes to nothing, as the first request of an on-demand subscriber. */
  public void subscribeToNothing(ResourceType type, Map<String, String> retained) {
    send(
        request(type)
            .addResourceNamesSubscribe("*")
            .addResourceNamesUnsubscribe("*")
            .putAllInitialResourceVersions(retained));
  }

  public void ack(DeltaDiscoveryResponse response) {
    send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setResponseNonce(response.getNonce()));
  }

  public void nack(DeltaDiscoveryResponse response, String reason) {
    send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setResponseNonce(response.getNonce())
            .setErrorDetail(Status.newBuilder().setMessage(reason)));
  }

  public DeltaDiscoveryResponse next() throws InterruptedException {
    DeltaDiscoveryResponse response = responses.poll(10, TimeUnit.SECONDS);
    assertThat(response).as("a response (stream: %s)", end).isNotNull();
    return response;
  }

  /** The next response, answered with an ACK. */
  public DeltaDiscoveryResponse nextAcked() throws InterruptedException {
    DeltaDiscoveryResponse response = next();
    ack(response);
    return response;
  }

  public boolean hasResponse() {
    return !responses.isEmpty();
  }

  public io.grpc.Status end() throws Exception {
    return end.get(20, TimeUnit.SECONDS);
  }

  public boolean isOpen() {
    return !end.isDone();
  }

  public void cut() {
    call.cancel("test", null);
  }

  public void read(int more) {
    call.request(more);
  }

  public static List<String> names(DeltaDiscoveryResponse response) {
    return response.getResourcesList().stream().map(Resource::getName).toList();
  }
}
