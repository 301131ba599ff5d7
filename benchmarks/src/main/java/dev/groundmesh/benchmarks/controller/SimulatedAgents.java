package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.grpc.netty.GrpcSslContexts;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * A process of many agents.
 *
 * <p>Arguments: port, root certificate, file of tokens, one each line. Obeys the commands on its
 * standard input, one a line, and answers each by a line, until it is killed: {@code hold <file>},
 * {@code connect nothing}, {@code connect held}, {@code stall <agents>}, {@code received}, {@code
 * ended}. Why streams end that the agents did not end goes to standard error.
 */
final class SimulatedAgents {

  private static final int LOOPS = 2;

  private final Bootstrap bootstrap;
  private final SslContext tls;
  private final List<String> tokens;
  private final LongAdder received = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final List<SimulatedAgent> agents = new ArrayList<>();
  private int generation;
  private DeltaDiscoveryRequest held = DeltaDiscoveryRequest.getDefaultInstance();

  private SimulatedAgents(int port, Path root, List<String> tokens) throws IOException {
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            LOOPS, Thread.ofPlatform().daemon().factory(), EpollIoHandler.newFactory());
    this.bootstrap =
        new Bootstrap()
            .group(loops)
            .channel(EpollSocketChannel.class)
            .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    this.tls = GrpcSslContexts.forClient().trustManager(root.toFile()).build();
    this.tokens = tokens;
  }

  @SuppressWarnings("SystemOut") // the answers to the commands
  public static void main(String[] arguments) throws IOException {
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

  private long obey(String command) throws IOException {
    String[] words = command.split(" ", 2);
    return switch (words[0]) {
      case "hold" -> {
        held = DeltaDiscoveryRequest.parseFrom(Files.readAllBytes(Path.of(words[1])));
        yield held.getInitialResourceVersionsCount();
      }
      case "connect" ->
          connect(
              words[1].equals("held") ? held : DeltaDiscoveryRequest.getDefaultInstance(),
              tokens.size(),
              true);
      case "stall" ->
          connect(DeltaDiscoveryRequest.getDefaultInstance(), Integer.parseInt(words[1]), false);
      case "received" -> received.sum();
      case "ended" -> ended.sum();
      default -> throw new IllegalArgumentException("command: " + command);
    };
  }

  /** A new generation; where it is to read, the former ones leave. */
  private int connect(DeltaDiscoveryRequest holding, int count, boolean reads) {
    if (reads) {
      agents.forEach(SimulatedAgent::leave);
      agents.clear();
    }
    generation++;
    ByteBuf firstRequest =
        SimulatedAgent.frame(
            holding.toBuilder()
                .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                .setNode(Node.newBuilder().setId(clientName(generation)))
                .build());
    SimulatedAgent.Common common =
        new SimulatedAgent.Common(bootstrap, tls, firstRequest, reads, received, this::ended);
    tokens.stream().limit(count).forEach(token -> agents.add(SimulatedAgent.start(common, token)));
    return generation;
  }

  @SuppressWarnings("SystemOut") // for people
  private void ended(String why) {
    ended.increment();
    System.err.println("a stream of a simulated agent ended: " + why);
  }
}
