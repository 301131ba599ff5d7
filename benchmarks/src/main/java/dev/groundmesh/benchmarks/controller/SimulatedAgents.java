package dev.groundmesh.benchmarks.controller;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.Node;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A process of many agents: real streams with real tokens over TLS, which answer each response at
 * once and keep nothing of it.
 */
final class SimulatedAgents {

  /** So many streams share a connection; a real agent has one of its own. */
  private static final int STREAMS_PER_CONNECTION = 50;

  private static final String ADDRESS = "type.googleapis.com/istio.workload.Address";

  private static final ScheduledExecutorService RETRIES =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  private SimulatedAgents() {}

  /** Arguments: port, root certificate, file of tokens, one each line. Runs until it is killed. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int port = Integer.parseInt(arguments[0]);
    List<String> tokens = Files.readAllLines(Path.of(arguments[2]));
    MethodDescriptor<DeltaDiscoveryRequest, String> method =
        ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.toBuilder(
                ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.getRequestMarshaller(),
                new NonceOnly())
            .build();
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (i % STREAMS_PER_CONNECTION == 0) {
        channels.add(
            NettyChannelBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .overrideAuthority("localhost")
                .directExecutor()
                .maxInboundMessageSize(200 << 20)
                .sslContext(
                    GrpcSslContexts.forClient()
                        .trustManager(Path.of(arguments[1]).toFile())
                        .build())
                .build());
      }
      subscribe(channels.getLast(), method, tokens.get(i));
    }
    new CountDownLatch(1).await();
  }

  private static void subscribe(
      ManagedChannel channel,
      MethodDescriptor<DeltaDiscoveryRequest, String> method,
      String token) {
    ClientCall<DeltaDiscoveryRequest, String> call = channel.newCall(method, CallOptions.DEFAULT);
    Metadata headers = new Metadata();
    headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + token);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String nonce) {
            call.sendMessage(
                DeltaDiscoveryRequest.newBuilder()
                    .setTypeUrl(ADDRESS)
                    .setResponseNonce(nonce)
                    .build());
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            // As a real agent: come back, though at once and holding nothing.
            RETRIES.schedule(() -> subscribe(channel, method, token), 500, TimeUnit.MILLISECONDS);
          }
        },
        headers);
    call.request(1);
    call.sendMessage(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(ADDRESS)
            .setNode(Node.newBuilder().setId("ztunnel~127.0.0.1~agent.istio-system~bench"))
            .build());
  }

  /** Reads the nonce of a response and passes over the rest. */
  private static final class NonceOnly implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      throw new UnsupportedOperationException("a client writes no responses");
    }

    @Override
    public String parse(InputStream stream) {
      try {
        CodedInputStream in = CodedInputStream.newInstance(stream);
        in.setSizeLimit(Integer.MAX_VALUE);
        String nonce = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (WireFormat.getTagFieldNumber(tag) == 5) {
            nonce = in.readString();
          } else {
            in.skipField(tag);
          }
        }
        return nonce;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
