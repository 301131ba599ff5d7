package dev.groundmesh.nodeagent.lifecycle;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hand-over of a node from one agent process to the next, over a Unix socket in the state
 * directory. The successor connects while both run. One byte each way and step:
 *
 * <ol>
 *   <li>{@code T} taking: the predecessor writes no state and enrols no pod from now on, answers
 *       {@code t}; the successor takes the redirection over;
 *   <li>{@code S} serving: every listener is the successor's; the predecessor closes its own and
 *       sends GOAWAY on its tunnels, answers {@code s}, and keeps what it carries until its own
 *       end.
 * </ol>
 *
 * A successor that dies between the steps gives the node back: the connection's end without {@code
 * S} makes the predecessor take up its work again.
 */
public final class Handover implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Handover.class);
  private static final byte TAKING = 'T';
  private static final byte TAKEN = 't';
  private static final byte SERVING = 'S';
  private static final byte SERVED = 's';

  /** What a predecessor does at the steps; called on a thread of the hand-over, may block. */
  public interface Predecessor {
    /** Stops changing what the successor is about to take. */
    void suspend();

    /** The successor died before it served: goes on as before. */
    void resume();

    /** The successor serves: takes no new connection, keeps the open ones. */
    void retire();
  }

  private final Path socketFile;
  private @Nullable SocketChannel predecessor;
  private @Nullable ServerSocketChannel server;
  private volatile boolean closed;

  /**
   * @param socketFile the socket's path; at most 100 characters, which Unix sockets allow
   */
  public Handover(Path socketFile) {
    this.socketFile = socketFile;
  }

  /**
   * Tells a running predecessor that this process takes the node over and waits until it has
   * suspended.
   *
   * @return whether there is one
   */
  public boolean take() {
    if (!Files.exists(socketFile)) {
      return false;
    }
    SocketChannel channel = null;
    try {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(socketFile));
      if (ask(channel, TAKING) == TAKEN) {
        predecessor = channel;
        return true;
      }
    } catch (IOException e) {
      log.debug("{}: no predecessor answers", socketFile, e);
    }
    closeQuietly(channel);
    return false;
  }

  /** Tells the predecessor, if there is one, that this process serves every pod now. */
  public void serving() {
    SocketChannel channel = predecessor;
    predecessor = null;
    if (channel == null) {
      return;
    }
    try (channel) {
      if (ask(channel, SERVING) == SERVED) {
        log.info("the former agent has handed the node over");
        return;
      }
    } catch (IOException e) {
      log.debug("{}: the predecessor ended during the hand-over", socketFile, e);
    }
    log.info("the former agent ended during the hand-over");
  }

  /**
   * Listens for a successor of this process; replaces the predecessor's socket.
   *
   * @throws IOException if the socket cannot be made
   */
  public void listen(Predecessor self) throws IOException {
    Files.deleteIfExists(socketFile);
    ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listening.bind(UnixDomainSocketAddress.of(socketFile));
    server = listening;
    Thread.ofPlatform().name("handover").daemon().start(() -> accept(listening, self));
  }

  private void accept(ServerSocketChannel listening, Predecessor self) {
    while (listening.isOpen()) {
      try (SocketChannel successor = listening.accept()) {
        if (closed || serve(successor, self)) {
          return;
        }
      } catch (AsynchronousCloseException e) {
        return;
      } catch (IOException e) {
        log.warn("{}: a successor's connection failed", socketFile, e);
      }
    }
  }

  private boolean serve(SocketChannel successor, Predecessor self) throws IOException {
    if (read(successor) != TAKING) {
      return false;
    }
    log.info("a successor takes the node over");
    self.suspend();
    boolean served = false;
    try {
      write(successor, TAKEN);
      served = read(successor) == SERVING;
    } catch (IOException e) {
      log.debug("{}: the successor's connection broke", socketFile, e);
    }
    if (!served) {
      log.warn("the successor ended before it served; this agent goes on");
      self.resume();
      return false;
    }
    self.retire();
    write(successor, SERVED);
    return true;
  }

  private static byte ask(SocketChannel channel, byte step) throws IOException {
    write(channel, step);
    return read(channel);
  }

  private static void write(SocketChannel channel, byte step) throws IOException {
    channel.write(ByteBuffer.wrap(new byte[] {step}));
  }

  /** The next byte, 0 at the end of the stream. */
  private static byte read(SocketChannel channel) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return channel.read(one) == 1 ? one.get(0) : 0;
  }

  private void closeQuietly(@Nullable SocketChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      log.debug("{}: cannot be closed", socketFile, e);
    }
  }

  @Override
  public void close() {
    // A connection that was accepted in this very moment is let go of, not served.
    closed = true;
    closeQuietly(predecessor);
    try {
      ServerSocketChannel listening = server;
      if (listening != null) {
        listening.close();
      }
    } catch (IOException e) {
      log.debug("{}: cannot be closed", socketFile, e);
    }
  }
}
