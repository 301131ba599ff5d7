package dev.groundmesh.nodeagent.kernel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;

/**
 * Connects to a pod's application so that the application sees the client's address as its peer.
 *
 * <p>The source port is the connector's own choice, from a range that no client picks by itself: a
 * port that the client has open to that pod already would hang one of the two connections. Where a
 * choice is taken all the same (bind says EADDRINUSE, connect EADDRNOTAVAIL, or the redirection
 * sees the client's own connection and says EPERM), another is tried.
 *
 * <p>Not thread-safe: one for each event loop.
 */
public final class SourcePreservingConnector {
  /** The first port of the range; the ephemeral range of Linux begins at 32768. */
  static final int FIRST_PORT = 10000;

  static final int PORTS = 20000;
  private static final int ATTEMPTS = 16;

  private final RandomGenerator random;

  public SourcePreservingConnector(RandomGenerator random) {
    this.random = random;
  }

  /**
   * Connects from {@code source} to {@code destination}.
   *
   * @param loop the event loop that owns the connection; the caller is on it
   * @param netns the namespace of the pod that {@code destination} is in
   * @param source the client's address, of the same family as {@code destination}
   * @param destination one of the pod's own addresses
   * @param initializer added first to each attempt's pipeline, so it is sharable; options such as
   *     the connect time-out are set on the channel's config there
   * @return done on {@code loop}; fails with the last attempt's error
   */
  public Future<Channel> connect(
      EventLoop loop,
      NetnsHandle netns,
      InetAddress source,
      InetSocketAddress destination,
      ChannelHandler initializer) {
    Promise<Channel> connected = loop.newPromise();
    attempt(loop, netns, source, destination, initializer, connected, ATTEMPTS);
    return connected;
  }

  private void attempt(
      EventLoop loop,
      NetnsHandle netns,
      InetAddress source,
      InetSocketAddress destination,
      ChannelHandler initializer,
      Promise<Channel> connected,
      int attempts) {
    EpollSocketChannel channel;
    try {
      channel =
          NetnsChannels.sourcePreservingSockets(netns, NetnsChannels.familyOf(source)).newChannel();
    } catch (RuntimeException e) {
      connected.setFailure(e);
      return;
    }
    channel.pipeline().addLast(initializer);
    InetSocketAddress from = new InetSocketAddress(source, FIRST_PORT + random.nextInt(PORTS));
    loop.register(channel)
        .addListener(
            (ChannelFuture registered) -> {
              if (registered.isSuccess()) {
                channel
                    .connect(destination, from)
                    .addListener(
                        (ChannelFuture done) -> {
                          if (done.isSuccess()) {
                            if (!connected.trySuccess(channel)) {
                              var _ = channel.close();
                            }
                            return;
                          }
                          var _ = channel.close();
                          if (attempts > 1 && !connected.isDone() && isTaken(done.cause())) {
                            attempt(
                                loop,
                                netns,
                                source,
                                destination,
                                initializer,
                                connected,
                                attempts - 1);
                          } else {
                            connected.tryFailure(done.cause());
                          }
                        });
              } else {
                channel.unsafe().closeForcibly();
                connected.tryFailure(registered.cause());
              }
            });
  }

  private static boolean isTaken(Throwable cause) {
    return switch (Errno.of(cause).orElse(0)) {
      case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EPERM -> true;
      default -> false;
    };
  }
}
