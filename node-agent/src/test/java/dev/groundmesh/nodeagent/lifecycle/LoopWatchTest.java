package dev.groundmesh.nodeagent.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.relay.SocketListener;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopWatchTest {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
  private final IoEventLoop loop = group.next();
  private final Semaphore ends = new Semaphore(0);
  private final LoopWatch watch = new LoopWatch(List.of(loop, group.next()), ends::release);

  @AfterEach
  void stopLoops() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  @Test
  void anErrorThatKillsALoopEndsTheAgent() throws Exception {
    connectTo(acceptorOf(new OutOfMemoryError("thrown on a loop")));

    assertThat(ends.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void loopsThatEndWithTheAgentEndNothingElse() throws Exception {
    watch.stop();

    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();

    assertThat(ends.availablePermits()).isZero();
  }

  private InetSocketAddress acceptorOf(Error thrown) throws IOException {
    Socket listening = LinuxSocket.newSocketStream(SocketProtocolFamily.INET);
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    listening.listen(1);
    InetSocketAddress address = listening.localAddress();
    SocketListener.open(
        loop,
        List.of(loop),
        listening,
        (_, _, _, _) -> {
          throw thrown;
        });
    return address;
  }

  private static void connectTo(InetSocketAddress address) throws IOException {
    try (java.net.Socket client = new java.net.Socket()) {
      client.connect(address);
    }
  }
}
