package dev.groundmesh.tunnel.path;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.path.TestPath.Kind;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an application sees of the path between two others: nothing, whatever lies between. */
class PathTest {
  /** More than the windows and all buffers of the kernel hold together. */
  private static final long UNREAD_LIMIT = 200_000_000;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** What an application at one end does with its connection. */
  @FunctionalInterface
  interface Script<T> {
    T run(Socket socket) throws Exception;
  }

  private <T> CompletableFuture<T> async(Script<T> script, Socket socket) {
    CompletableFuture<T> result = new CompletableFuture<>();
    threads.execute(
        () -> {
          try (socket) {
            result.complete(script.run(socket));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** Runs both ends of one connection over a path. */
  private <C, S> void connect(Kind kind, Script<C> client, Script<S> server, Check<C, S> check)
      throws Exception {
    try (ServerSocket app = new ServerSocket(0, 50, TestPath.LOOPBACK);
        TestPath path =
            new TestPath(kind, new InetSocketAddress(TestPath.LOOPBACK, app.getLocalPort()))) {
      Socket dialled = new Socket(path.entry().getAddress(), path.entry().getPort());
      CompletableFuture<C> clientSide = async(client, dialled);
      app.setSoTimeout(10_000);
      Socket accepted;
      try {
        accepted = app.accept();
      } catch (SocketTimeoutException e) {
        throw new AssertionError("no connection came through: " + path.openFailures, e);
      }
      CompletableFuture<S> serverSide = async(server, accepted);
      check.accept(
          clientSide.get(60, TimeUnit.SECONDS), serverSide.get(60, TimeUnit.SECONDS), path);
    }
  }

  /** What must hold afterwards. */
  @FunctionalInterface
  interface Check<C, S> {
    void accept(C client, S server, TestPath path) throws Exception;
  }

  private static byte[] send(OutputStream out, long seed, int bytes) throws Exception {
    DigestOutputStream digest = new DigestOutputStream(out, MessageDigest.getInstance("SHA-256"));
    Random random = new Random(seed);
    int left = bytes;
    while (left > 0) {
      byte[] chunk = new byte[Math.min(left, 1 + random.nextInt(100_000))];
      random.nextBytes(chunk);
      digest.write(chunk);
      left -= chunk.length;
    }
    return digest.getMessageDigest().digest();
  }

  private static byte[] receive(InputStream in, int pauseEvery) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] buffer = new byte[65_536];
    int untilPause = pauseEvery;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
      untilPause -= n;
      if (pauseEvery > 0 && untilPause <= 0) {
        untilPause = pauseEvery;
        Thread.sleep(2);
      }
    }
    return digest.digest();
  }

  private static void echo(Socket socket) throws IOException {
    byte[] buffer = new byte[65_536];
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      out.write(buffer, 0, n);
    }
    socket.shutdownOutput();
  }

  @ParameterizedTest
  @EnumSource
  void smallRequestsAreAnswered(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          OutputStream out = socket.getOutputStream();
          for (int i = 0; i < 200; i++) {
            out.write(i);
            assertThat(socket.getInputStream().read()).isEqualTo(i);
          }
          return true;
        },
        socket -> {
          echo(socket);
          return true;
        },
        (client, server, path) -> assertThat(client).isTrue());
  }

  @ParameterizedTest
  @EnumSource
  void largeEchoIsByteExactWithSlowReader(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          CompletableFuture<byte[]> received =
              async(s -> receive(s.getInputStream(), 1_000_000), socket);
          byte[] sent = send(socket.getOutputStream(), 1, 30_000_000);
          socket.shutdownOutput();
          assertThat(received.get()).isEqualTo(sent);
          return true;
        },
        socket -> {
          echo(socket);
          return true;
        },
        (client, server, path) -> assertThat(client).isTrue());
  }

  @ParameterizedTest
  @EnumSource
  void tailIsDeliveredAfterHalfCloseOfClient(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          byte[] sent = send(socket.getOutputStream(), 2, 5_000_000);
          socket.shutdownOutput();
          return List.of(sent, receive(socket.getInputStream(), 0));
        },
        socket -> {
          byte[] received = receive(socket.getInputStream(), 500_000);
          byte[] answered = send(socket.getOutputStream(), 3, 5_000_000);
          return List.of(received, answered);
        },
        (client, server, path) -> {
          assertThat(server.get(0)).isEqualTo(client.get(0));
          assertThat(client.get(1)).isEqualTo(server.get(1));
        });
  }

  @ParameterizedTest
  @EnumSource
  void tailIsDeliveredAfterHalfCloseOfServer(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          byte[] received = receive(socket.getInputStream(), 500_000);
          byte[] sent = send(socket.getOutputStream(), 4, 5_000_000);
          return List.of(received, sent);
        },
        socket -> {
          byte[] sent = send(socket.getOutputStream(), 5, 5_000_000);
          socket.shutdownOutput();
          return List.of(sent, receive(socket.getInputStream(), 0));
        },
        (client, server, path) -> {
          assertThat(client.get(0)).isEqualTo(server.get(0));
          assertThat(server.get(1)).isEqualTo(client.get(1));
        });
  }

  @ParameterizedTest
  @EnumSource
  void orderlyEndIsReportedAsSuch(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          socket.getOutputStream().write(1);
          socket.shutdownOutput();
          return socket.getInputStream().read();
        },
        socket -> {
          echo(socket);
          return true;
        },
        (client, server, path) -> {
          assertThat(client).isEqualTo(1);
          Await.until(() -> !path.serverEnds.isEmpty());
          assertThat(path.serverEnds).containsExactly(Optional.empty());
        });
  }

  @ParameterizedTest
  @EnumSource
  void resetOfClientReachesServer(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          socket.getOutputStream().write(1);
          assertThat(socket.getInputStream().read()).isEqualTo(1);
          socket.setSoLinger(true, 0);
          return true;
        },
        socket -> {
          socket.getOutputStream().write(socket.getInputStream().read());
          assertThatThrownBy(() -> socket.getInputStream().read())
              .isInstanceOf(SocketException.class)
              .hasMessageContaining("reset");
          return true;
        },
        (client, server, path) -> assertThat(server).isTrue());
  }

  @ParameterizedTest
  @EnumSource
  void resetOfServerReachesClient(Kind kind) throws Exception {
    connect(
        kind,
        socket -> {
          assertThat(socket.getInputStream().read()).isEqualTo(1);
          socket.getOutputStream().write(1);
          assertThatThrownBy(() -> socket.getInputStream().read())
              .isInstanceOf(SocketException.class)
              .hasMessageContaining("reset");
          return true;
        },
        socket -> {
          socket.getOutputStream().write(1);
          assertThat(socket.getInputStream().read()).isEqualTo(1);
          socket.setSoLinger(true, 0);
          return true;
        },
        (client, server, path) -> assertThat(client).isTrue());
  }

  @Test
  void anInnerTunnelToARevokedServerIsCut() throws Exception {
    CompletableFuture<Void> exchanged = new CompletableFuture<>();
    try (ServerSocket app = new ServerSocket(0, 50, TestPath.LOOPBACK);
        TestPath path =
            new TestPath(
                Kind.DOUBLE_HBONE, new InetSocketAddress(TestPath.LOOPBACK, app.getLocalPort()))) {
      Socket dialled = new Socket(path.entry().getAddress(), path.entry().getPort());
      CompletableFuture<Integer> client =
          async(
              socket -> {
                socket.getOutputStream().write(7);
                assertThat(socket.getInputStream().read()).isEqualTo(7);
                exchanged.complete(null);
                return socket.getInputStream().read();
              },
              dialled);
      app.setSoTimeout(10_000);
      async(
          socket -> {
            echo(socket);
            return true;
          },
          app.accept());
      exchanged.get(10, TimeUnit.SECONDS);

      List<SpiffeId> cut =
          path.clientLoop()
              .submit(
                  () ->
                      path
                          .pool()
                          .revoke(tunnel -> TestMesh.id("server").equals(tunnel.peer()))
                          .stream()
                          .map(ClientTunnel::peer)
                          .toList())
              .get(10, TimeUnit.SECONDS);

      assertThat(cut).containsExactly(TestMesh.id("server"));
      assertThatThrownBy(() -> client.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(SocketException.class);
      assertThat(path.clientEnds)
          .singleElement()
          .satisfies(
              end -> assertThat(end).map(StreamFailure::reason).contains(ReasonCode.CERT_REVOKED));
    }
  }

  @ParameterizedTest
  @EnumSource
  void serverMaySpeakFirst(Kind kind) throws Exception {
    connect(
        kind,
        socket -> new String(socket.getInputStream().readNBytes(5), US_ASCII),
        socket -> {
          socket.getOutputStream().write("hello".getBytes(US_ASCII));
          return socket.getInputStream().read() < 0;
        },
        (client, server, path) -> assertThat(client).isEqualTo("hello"));
  }

  @ParameterizedTest
  @EnumSource
  void unreadBytesAreHeldWithinBounds(Kind kind) throws Exception {
    CompletableFuture<Boolean> checked = new CompletableFuture<>();
    connect(
        kind,
        socket -> {
          AtomicLong sent = new AtomicLong();
          threads.execute(
              () -> {
                byte[] chunk = new byte[65_536];
                try {
                  while (sent.get() < UNREAD_LIMIT) {
                    socket.getOutputStream().write(chunk);
                    sent.addAndGet(chunk.length);
                  }
                } catch (IOException e) {
                  // The other side ends the connection when all is checked.
                }
              });
          Await.untilSteady(sent::get);
          checked.complete(sent.get() < UNREAD_LIMIT);
          return sent.get();
        },
        socket -> checked.get(),
        (client, server, path) -> assertThat(server).as("%d bytes sent", client).isTrue());
  }
}
