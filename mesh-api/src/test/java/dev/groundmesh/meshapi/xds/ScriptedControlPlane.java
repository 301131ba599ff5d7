package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A control plane in this process that says what the test tells it to. */
final class ScriptedControlPlane implements AutoCloseable {
  private final Server server;
  private final ManagedChannel channel;
  private final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();

  ScriptedControlPlane(String name) throws IOException {
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(
                ServerServiceDefinition.builder(ControlPlaneMethods.DISCOVERY_SERVICE)
                    .addMethod(
                        ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES,
                        ServerCalls.asyncBidiStreamingCall(
                            responses -> {
                              Stream stream = new Stream(responses);
                              streams.add(stream);
                              return stream;
                            }))
                    .build())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  ManagedChannel channel() {
    return channel;
  }

  /** The next stream that the client begins. */
  Stream accept() throws InterruptedException {
    Stream stream = streams.poll(10, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no stream within 10 s");
    }
    return stream;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  /** One stream as the control plane sees it. */
  static final class Stream implements StreamObserver<DeltaDiscoveryRequest> {
    private final StreamObserver<DeltaDiscoveryResponse> responses;
    private final BlockingQueue<DeltaDiscoveryRequest> requests = new LinkedBlockingQueue<>();

    private Stream(StreamObserver<DeltaDiscoveryResponse> responses) {
      this.responses = responses;
    }

    DeltaDiscoveryRequest request() throws InterruptedException {
      DeltaDiscoveryRequest request = requests.poll(10, TimeUnit.SECONDS);
      if (request == null) {
        throw new AssertionError("no request within 10 s");
      }
      return request;
    }

    boolean isQuiet() {
      return requests.isEmpty();
    }

    void send(DeltaDiscoveryResponse response) {
      responses.onNext(response);
    }

    void fail(Status status) {
      responses.onError(status.asRuntimeException());
    }

    void complete() {
      responses.onCompleted();
    }

    @Override
    public void onNext(DeltaDiscoveryRequest request) {
      requests.add(request);
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      responses.onCompleted();
    }
  }
}
