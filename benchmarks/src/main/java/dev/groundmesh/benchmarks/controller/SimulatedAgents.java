package dev.groundmesh.benchmarks.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A process of many agents: real connections and streams with real tokens over TLS, which answer
 * each response at once and keep nothing of it.
 *
 * <p>Arguments: port, root certificate, file of tokens, one each line. Obeys the commands on its
 * standard input, one a line, and answers each by a line, until it is killed: {@code learn}, {@code
 * connect nothing}, {@code connect known}, {@code stall <agents>}, {@code received}.
 */
final class SimulatedAgents {

  private static final String ADDRESS = "type.googleapis.com/istio.workload.Address";
  private static final int LOOPS = 2;
  private static final int NONCE = 5;
  private static final int RESOURCE = 2;
  private static final long RETRY_MILLIS = 500;
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private static final ScheduledExecutorService RETRIES =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          LOOPS, Thread.ofPlatform().daemon().factory(), NioIoHandler.newFactory());
  private final AtomicLong received = new AtomicLong();
  private final InetSocketAddress controller;
  private final SslContext tls;
  private final List<String> tokens;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private volatile int generation;
  private ByteString known = ByteString.EMPTY;

  private SimulatedAgents(int port, Path root, List<String> tokens) throws IOException {
    this.controller = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.tls = GrpcSslContexts.forClient().trustManager(root.toFile()).build();
    this.tokens = tokens;
  }

  @SuppressWarnings("SystemOut") // the answers to the commands
  public static void main(String[] arguments) throws IOException, InterruptedException {
    SimulatedAgents agents =
        new SimulatedAgents(
            Integer.parseInt(arguments[0]),
            Path.of(arguments[1]),
            Files.readAllLines(Path.of(arguments[2])));
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      System.out.println(agents.obey(command));
    }
  }

  /** What the agents of a generation call themselves. */
  static String clientName(int generation) {
    return "ztunnel~127.0.0.1~agent.istio-system~bench-" + generation;
  }

  private long obey(String command) throws InterruptedException {
    String[] words = command.split(" ", -1);
    return switch (words[0]) {
      case "learn" -> {
        known = learn();
        yield known.size();
      }
      case "connect" -> connect(words[1].equals("known") ? known : ByteString.EMPTY);
      case "stall" -> stall(Integer.parseInt(words[1]));
      case "received" -> received.get();
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  private ManagedChannel open() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(controller)
            .overrideAuthority("localhost")
            .eventLoopGroup(loops)
            .channelType(NioSocketChannel.class)
            .directExecutor()
            .maxInboundMessageSize(200 << 20)
            .sslContext(tls)
            .build();
    channels.add(channel);
    return channel;
  }

  private int connect(ByteString held) {
    // Those of before do not come back.
    int next = generation + 2;
    generation = next;
    channels.forEach(ManagedChannel::shutdownNow);
    channels.clear();
    for (String token : tokens) {
      new Agent(open(), token, next, held, true).subscribe();
    }
    return next;
  }

  private int stall(int agents) {
    for (int i = 0; i < agents; i++) {
      new Agent(open(), tokens.get(i), generation + 1, ByteString.EMPTY, false).subscribe();
    }
    return agents;
  }

  /** The fields of a request that list the version of everything there is. */
  private ByteString learn() throws InterruptedException {
    Map<String, String> versions = new ConcurrentHashMap<>();
    ManagedChannel channel = open();
    ClientCall<ByteString, Response> call = channel.newCall(method(versions), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(Response response) {
            call.sendMessage(answer(response));
            call.request(1);
          }
        },
        headers(tokens.getFirst()));
    call.request(1);
    call.sendMessage(firstRequest(0, ByteString.EMPTY));
    // Nothing marks the end of a first sync but that the controller falls silent.
    long before = -1;
    while (received.get() == 0 || received.get() != before) {
      before = received.get();
      Thread.sleep(SILENCE);
    }
    channel.shutdownNow();
    return DeltaDiscoveryRequest.newBuilder()
        .putAllInitialResourceVersions(versions)
        .build()
        .toByteString();
  }

  private MethodDescriptor<ByteString, Response> method(@Nullable Map<String, String> versions) {
    return MethodDescriptor.newBuilder(
            new EncodedRequests(), new ResponsesInPart(versions, received))
        .setType(ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.getType())
        .setFullMethodName(ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.getFullMethodName())
        .build();
  }

  private static Metadata headers(String token) {
    Metadata headers = new Metadata();
    headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + token);
    return headers;
  }

  private static ByteString firstRequest(int generation, ByteString held) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(ADDRESS)
        .setNode(Node.newBuilder().setId(clientName(generation)))
        .build()
        .toByteString()
        // Fields that follow each other are one message, and these are shared by all agents.
        .concat(held);
  }

  private static ByteString answer(Response response) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(ADDRESS)
        .setResponseNonce(response.nonce())
        .build()
        .toByteString();
  }

  /** One agent of the present generation. */
  private final class Agent {
    private final ManagedChannel channel;
    private final String token;
    private final int born;
    private final ByteString held;
    private final boolean reads;

    Agent(ManagedChannel channel, String token, int born, ByteString held, boolean reads) {
      this.channel = channel;
      this.token = token;
      this.born = born;
      this.held = held;
      this.reads = reads;
    }

    void subscribe() {
      ClientCall<ByteString, Response> call = channel.newCall(method(null), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(Response response) {
              call.sendMessage(answer(response));
              call.request(1);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              if (reads && born == generation) {
                // As a real agent: come back.
                RETRIES.schedule(Agent.this::subscribe, RETRY_MILLIS, TimeUnit.MILLISECONDS);
              }
            }
          },
          headers(token));
      if (reads) {
        call.request(1);
      }
      call.sendMessage(firstRequest(born, held));
    }
  }

  /** What an agent must know of a response to answer it. */
  private record Response(String nonce) {}

  private static final class EncodedRequests implements MethodDescriptor.Marshaller<ByteString> {
    @Override
    public InputStream stream(ByteString request) {
      return request.newInput();
    }

    @Override
    public ByteString parse(InputStream stream) {
      throw new UnsupportedOperationException("a client reads no requests");
    }
  }

  /**
   * Reads the nonce of a response, and passes over the rest.
   *
   * @param versions where the versions of resources are noted; null: they are passed over too
   */
  private record ResponsesInPart(@Nullable Map<String, String> versions, AtomicLong received)
      implements MethodDescriptor.Marshaller<Response> {

    @Override
    public InputStream stream(Response value) {
      throw new UnsupportedOperationException("a client writes no responses");
    }

    @Override
    public Response parse(InputStream stream) {
      try {
        received.addAndGet(stream.available());
        CodedInputStream in = CodedInputStream.newInstance(stream);
        in.setSizeLimit(Integer.MAX_VALUE);
        String nonce = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          int field = WireFormat.getTagFieldNumber(tag);
          if (field == NONCE) {
            nonce = in.readString();
          } else if (field == RESOURCE && versions != null) {
            Resource resource = Resource.parseFrom(in.readByteArray());
            versions.put(resource.getName(), resource.getVersion());
          } else {
            in.skipField(tag);
          }
        }
        return new Response(nonce);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
