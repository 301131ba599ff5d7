package dev.groundmesh.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.path.Await;
import dev.groundmesh.tunnel.path.TestPath;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A socket of ours against one of the JDK's. */
class SocketStreamTest {
  private static final StreamFailure CUT = new StreamFailure(StreamFailure.Kind.SHUTDOWN, "cut");

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final IoEventLoop loop = group.next();
  private final Queue<SocketStream> accepted = new ConcurrentLinkedQueue<>();
  private final Socket listening = TestPath.listening();
  private final InetSocketAddress address = listening.localAddress();
  private final SocketListener listener =
      SocketListener.open(
          loop,
          List.of(loop),
          listening,
          (on, socket, remote, local) ->
              accepted.add(SocketStream.accepted(on, socket, remote, local)));

  @AfterEach
  void stop() {
    listener.close();
    group.shutdownGracefully(20, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  /** What a stream tells. */
  private static class Told implements ByteStreamListener {
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong ends = new AtomicLong();
    final Queue<Optional<StreamFailure>> closed = new ConcurrentLinkedQueue<>();

    @Override
    public void onData(ByteBuf data) {
      bytes.addAndGet(data.readableBytes());
      data.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd() {
      ends.incrementAndGet();
    }

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      closed.add(Optional.ofNullable(failure));
    }
  }

  private java.net.Socket dial() throws Exception {
    return new java.net.Socket(address.getAddress(), address.getPort());
  }

  private SocketStream acceptedStream() {
    Await.until(() -> !accepted.isEmpty());
    return accepted.element();
  }

  private void start(SocketStream stream, Told told) {
    loop.execute(
        () -> {
          stream.listen(told);
          stream.resume();
        });
  }

  @Test
  void whatIsSentIsDeliveredAndThenItsEnd() throws Exception {
    Told told = new Told();
    try (java.net.Socket client = dial()) {
      client.getOutputStream().write(new byte[700_000]);
      client.shutdownOutput();
      start(acceptedStream(), told);

      Await.until(() -> told.ends.get() == 1);
      assertThat(told.bytes).hasValue(700_000);
      assertThat(told.closed).isEmpty();
    }
    loop.execute(() -> acceptedStream().reset(CUT));
    Await.until(() -> !told.closed.isEmpty());
  }

  @Test
  void lastBytesAndTheEndAreThereAtOnce() throws Exception {
    Socket client = Socket.newSocketStream();
    try {
      client.connect(address);
      SocketStream stream = acceptedStream();
      Told told = new Told();
      start(stream, told);
      loop.execute(
          () -> {
            stream.write(RelayBuffers.ALLOCATOR.directBuffer(128).writeZero(128));
            stream.end();
          });

      ByteBuffer into = ByteBuffer.allocateDirect(256);
      Await.until(() -> received(client, into) == 128);
      assertThat(received(client, into)).as("the end follows without waiting").isEqualTo(-1);
    } finally {
      client.close();
    }
  }

  /** Bytes that are there now; -1 at the end, 0 when there is nothing yet. */
  private static int received(Socket from, ByteBuffer into) {
    try {
      return from.recv(into, 0, into.capacity());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void bothEndsTogetherCloseTheStreamInOrder() throws Exception {
    Told told = new Told();
    try (java.net.Socket client = dial()) {
      SocketStream stream = acceptedStream();
      start(stream, told);
      loop.execute(stream::end);
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    Await.until(() -> !told.closed.isEmpty());
    assertThat(told.closed).containsExactly(Optional.empty());
  }

  @Test
  void aResetOfThePeerIsToldAsOne() throws Exception {
    Told told = new Told();
    java.net.Socket client = dial();
    start(acceptedStream(), told);
    client.setSoLinger(true, 0);
    client.close();

    Await.until(() -> !told.closed.isEmpty());
    assertThat(told.closed.element())
        .map(StreamFailure::kind)
        .contains(StreamFailure.Kind.RESET_BY_PEER);
  }

  @Test
  void bytesThatCameBeforeTheFirstResumeAreDelivered() throws Exception {
    Told told = new Told();
    java.net.Socket client = dial();
    client.getOutputStream().write(new byte[1000]);
    SocketStream stream = acceptedStream();
    client.shutdownOutput();
    client.close();
    start(stream, told);

    Await.until(() -> told.ends.get() == 1);
    assertThat(told.bytes).hasValue(1000);
    loop.execute(() -> stream.reset(CUT));
    Await.until(() -> !told.closed.isEmpty());
  }

  @Test
  void aFaultOfTheListenerClosesItsStreamAlone() throws Exception {
    Told faulty =
        new Told() {
          @Override
          public void onData(ByteBuf data) {
            data.release();
            throw new IllegalStateException("a fault");
          }
        };
    try (java.net.Socket client = dial()) {
      start(acceptedStream(), faulty);
      loop.submit(() -> {}).get();
      client.getOutputStream().write(new byte[10]);
      Await.until(() -> !faulty.closed.isEmpty());
    }
    assertThat(faulty.closed.element())
        .map(StreamFailure::kind)
        .contains(StreamFailure.Kind.INTERNAL_ERROR);

    accepted.clear();
    Told next = new Told();
    try (java.net.Socket client = dial()) {
      start(acceptedStream(), next);
      client.getOutputStream().write(1);
      Await.until(() -> next.bytes.get() == 1);
    }
    Await.until(() -> next.ends.get() == 1);
    loop.execute(() -> acceptedStream().reset(CUT));
    Await.until(() -> !next.closed.isEmpty());
  }

  @Test
  void aListenerThatFindsNoDirectMemoryLosesItsStreamAlone() throws Exception {
    Told starved =
        new Told() {
          @Override
          public void onData(ByteBuf data) {
            data.release();
            throw new OutOfMemoryError("no direct memory");
          }
        };
    Told next = new Told();
    try (java.net.Socket client = dial()) {
      start(acceptedStream(), starved);
      loop.submit(() -> {}).get();
      client.getOutputStream().write(new byte[10]);
      Await.until(() -> !starved.closed.isEmpty());
    }
    accepted.clear();
    try (java.net.Socket client = dial()) {
      start(acceptedStream(), next);
      client.getOutputStream().write(1);
      Await.until(() -> next.bytes.get() == 1);
    }

    assertThat(starved.closed.element())
        .map(StreamFailure::reason)
        .contains(ReasonCode.MEMORY_LIMIT);
    Await.until(() -> next.ends.get() == 1);
    loop.execute(() -> acceptedStream().reset(CUT));
    Await.until(() -> !next.closed.isEmpty());
  }

  @Test
  void aConnectionThatNoLoopTakesKeepsNoOtherWaiting() throws Exception {
    MultiThreadIoEventLoopGroup over =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    IoEventLoop dead = over.next();
    over.shutdownGracefully(0, 0, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
    Socket waiting = TestPath.listening();
    InetSocketAddress to = waiting.localAddress();
    try (java.net.Socket lost = new java.net.Socket(to.getAddress(), to.getPort());
        java.net.Socket served = new java.net.Socket(to.getAddress(), to.getPort())) {
      SocketListener both =
          SocketListener.open(
              loop,
              List.of(dead, loop),
              waiting,
              (on, socket, remote, local) ->
                  accepted.add(SocketStream.accepted(on, socket, remote, local)));

      assertThat(acceptedStream().remoteAddress().getPort()).isEqualTo(served.getLocalPort());
      lost.setSoTimeout(10_000);
      assertThat(lost.getInputStream().read()).isEqualTo(-1);
      loop.execute(() -> acceptedStream().reset(CUT));
      both.close();
    }
  }

  @Test
  void manyConnectionsAtOnceDoNotKeepWaitingTheFirstOfThem() throws Exception {
    Socket busy = TestPath.listening();
    Queue<String> order = new ConcurrentLinkedQueue<>();
    List<java.net.Socket> clients = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      InetSocketAddress to = busy.localAddress();
      java.net.Socket client = new java.net.Socket(to.getAddress(), to.getPort());
      client.getOutputStream().write(1);
      clients.add(client);
    }
    Told told =
        new Told() {
          @Override
          public void onData(ByteBuf data) {
            order.add("data");
            super.onData(data);
          }
        };
    SocketListener many =
        SocketListener.open(
            loop,
            List.of(loop),
            busy,
            (on, socket, remote, local) -> {
              order.add("accepted");
              SocketStream stream = SocketStream.accepted(on, socket, remote, local);
              stream.listen(told);
              stream.resume();
            });

    Await.until(() -> told.bytes.get() == 40);
    assertThat(List.copyOf(order).indexOf("data"))
        .isLessThan(List.copyOf(order).lastIndexOf("accepted"));
    many.close();
    for (java.net.Socket client : clients) {
      client.setSoLinger(true, 0);
      client.close();
    }
    Await.until(() -> told.closed.size() == 40);
  }
}
