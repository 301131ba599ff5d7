package dev.groundmesh.nodeagent.redirection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.config.FailMode;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.ConnectListener;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The agent's connections to an application, from the address of the client that it acts for. */
@Tag("netns")
class SourcePreservationNetnsTest {
  private static final String POD4 = "10.77.1.2";
  private static final String POD6 = "fd77::2";
  private static final String CLIENT4 = "10.77.1.1";
  private static final String CLIENT6 = "fd77::1";

  private final TestNetns pod = new TestNetns("pod");
  private final TestNetns client = new TestNetns("client");
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private NetnsHandle netns;
  private TestAgent agent;

  @BeforeEach
  void join() throws IOException {
    TestNetns.join(
        pod,
        "eth0",
        List.of(POD4 + "/24", POD6 + "/64"),
        client,
        "eth0",
        List.of(CLIENT4 + "/24", CLIENT6 + "/64"));
    pod.startPython(Scripts.SERVER, "app", 8080);
    netns = pod.open();
    agent =
        new TestAgent(
            new RedirectionConfig(
                Path.of("/sys/fs/bpf/kernel-source-" + ProcessHandle.current().pid()),
                Path.of("/sys/fs/cgroup"),
                FailMode.CLOSED,
                Duration.ofMinutes(1)));
    agent.enrol(
        netns,
        new PodCapture(
            Set.of(InetAddress.ofLiteral(POD4), InetAddress.ofLiteral(POD6)),
            false,
            false,
            List.of()));
  }

  @AfterEach
  void remove() {
    agent.close();
    netns.close();
    pod.close();
    client.close();
  }

  /** Connects as the agent does, another port for each that is taken. */
  private CompletableFuture<SocketStream> connect(
      RandomGenerator ports, String source, String destination, int port) {
    CompletableFuture<SocketStream> connected = new CompletableFuture<>();
    PodSockets sockets =
        new PodSockets(
            netns, AgentConfig.fromEnvironment(Map.of("NODE_NAME", "node"), 1).connections());
    IoEventLoop loop = (IoEventLoop) agent.loop().next();
    loop.execute(
        () ->
            attempt(
                loop,
                sockets,
                ports,
                InetAddress.ofLiteral(source),
                new InetSocketAddress(InetAddress.ofLiteral(destination), port),
                connected));
    return connected;
  }

  private void attempt(
      IoEventLoop loop,
      PodSockets sockets,
      RandomGenerator ports,
      InetAddress source,
      InetSocketAddress destination,
      CompletableFuture<SocketStream> connected) {
    Socket socket;
    try {
      socket = sockets.toApplication(source, ports);
    } catch (IOException e) {
      connected.completeExceptionally(e);
      return;
    }
    SocketStream.connect(
        loop,
        socket,
        destination,
        Duration.ofSeconds(5),
        new ConnectListener() {
          @Override
          public void onConnected(SocketStream stream) {
            stream.listen(new Listener());
            stream.resume();
            connected.complete(stream);
          }

          @Override
          public void onFailed(IOException cause) {
            if (PodSockets.isPortTaken(cause)) {
              attempt(loop, sockets, ports, source, destination, connected);
            } else {
              connected.completeExceptionally(cause);
            }
          }
        });
  }

  private String nextLine() throws InterruptedException {
    return String.valueOf(lines.poll(5, TimeUnit.SECONDS));
  }

  @ParameterizedTest
  @CsvSource({CLIENT4 + "," + POD4, CLIENT6 + "," + POD6})
  void theApplicationSeesTheClientsAddress(String source, String destination) throws Exception {
    connect(RandomGenerator.getDefault(), source, destination, 8080).join();

    assertThat(nextLine()).startsWith("app from " + source);
  }

  @Test
  void aPortThatTheClientHasOpenToThePodIsLeftToIt() throws Exception {
    TestNetns.Program clientsOwn = client.startPython(BOUND_TALKER, POD4, 8080, 12345);

    connect(portsAfterFirst(12345), CLIENT4, POD4, 8080).join();

    assertThat(nextLine()).startsWith("app from " + CLIENT4).doesNotEndWith(" 12345");
    assertThat(clientsOwn.ask("hello")).isEqualTo("hello");
    assertThat(agent.node.counters()).containsEntry(Counter.SOURCE_PORTS_TAKEN, 1L);
  }

  @Test
  void aPortThatTheAgentItselfUsesIsTriedNoFurther() throws Exception {
    connect(portsAfterFirst(12345), CLIENT4, POD4, 8080).join();
    assertThat(nextLine()).endsWith(" 12345");

    connect(portsAfterFirst(12345), CLIENT4, POD4, 8080).join();

    assertThat(nextLine()).startsWith("app from " + CLIENT4).doesNotEndWith(" 12345");
  }

  @Test
  void anApplicationThatDoesNotListenRefuses() {
    assertThatThrownBy(() -> connect(RandomGenerator.getDefault(), CLIENT4, POD4, 8081).join())
        .hasMessageContaining("refused");
  }

  /** Chooses a port, and any other after that. */
  private static RandomGenerator portsAfterFirst(int port) {
    RandomGenerator others = RandomGenerator.getDefault();
    boolean[] first = {true};
    return new RandomGenerator() {
      @Override
      public int nextInt(int bound) {
        if (first[0]) {
          first[0] = false;
          return port - 10000;
        }
        return others.nextInt(bound);
      }

      @Override
      public long nextLong() {
        return others.nextLong();
      }
    };
  }

  /** As {@link Scripts#TALKER}, from a port of its choice. */
  private static final String BOUND_TALKER =
      """
      import socket, sys
      s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5, ("", int(sys.argv[3])))
      f = s.makefile("rw")
      print(f.readline().strip())
      for line in sys.stdin:
          f.write(line)
          f.flush()
          print(f.readline().strip() or "closed")
      """;

  private final class Listener implements ByteStreamListener {
    @Override
    public void onData(ByteBuf line) {
      lines.add(line.toString(StandardCharsets.US_ASCII).strip());
      line.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd() {}

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {}
  }
}
