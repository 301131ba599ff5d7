package dev.groundmesh.nodeagent.cni;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the CNI plugin on a Unix socket. The socket takes the place of a predecessor's in one
 * step, so that there is no moment without one; what this agent has not answered when it closes,
 * the plugin asks its successor.
 *
 * <p>The thread that accepts a request answers it, and another one goes on accepting: while many
 * pods start on a busy node each hand-over from one thread to another costs more than the answer.
 */
public final class CniServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CniServer.class);
  private static final int MAX_CONNECTIONS = 256;
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** After a request that could not be accepted, for want of descriptors above all. */
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** Hears of answers. */
  @FunctionalInterface
  public interface Observer {
    /**
     * A request was answered.
     *
     * @param command {@code ADD}, {@code CHECK} or {@code DEL}
     * @param outcome {@code done}, {@code later} or {@code unanswered}
     */
    void answered(String command, String outcome, Duration took);
  }

  private final Path socketFile;
  private final PodAdmission admission;
  private final Observer answered;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().name("cni-", 0).daemon().factory());
  private final ScheduledThreadPoolExecutor deadlines =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("cni-deadlines").daemon().factory());
  private @Nullable ServerSocketChannel server;
  private volatile boolean failing;

  /**
   * @param socketFile the socket's path; at most 90 characters, for Unix sockets allow little more
   * @param answered told of each answer; any thread
   */
  public CniServer(Path socketFile, PodAdmission admission, Observer answered) {
    this.socketFile = socketFile;
    this.admission = admission;
    this.answered = answered;
    deadlines.setRemoveOnCancelPolicy(true);
  }

  /**
   * Answers from now on, in the place of any other agent.
   *
   * @throws IOException if the socket cannot be made
   */
  public synchronized void listen() throws IOException {
    closeQuietly(server);
    Files.createDirectories(socketFile.toAbsolutePath().getParent());
    Path own =
        socketFile.resolveSibling(socketFile.getFileName() + "." + ProcessHandle.current().pid());
    Files.deleteIfExists(own);
    ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      listening.bind(UnixDomainSocketAddress.of(own), MAX_CONNECTIONS);
      Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rw-------"));
      Files.move(own, socketFile, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      listening.close();
      throw e;
    }
    server = listening;
    threads.execute(() -> accept(listening));
  }

  private void accept(ServerSocketChannel listening) {
    while (listening.isOpen()) {
      try {
        SocketChannel connection = listening.accept();
        failing = false;
        if (connections.size() >= MAX_CONNECTIONS) {
          connection.close();
          continue;
        }
        connections.add(connection);
        threads.execute(() -> accept(listening));
        serve(connection);
        return;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        if (!failing) {
          failing = true;
          log.warn(
              "{}: a request cannot be accepted: {}; trying again every {} ms",
              socketFile,
              e.getMessage(),
              PAUSE.toMillis());
        }
        if (!pause()) {
          return;
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void serve(SocketChannel connection) {
    long begun = System.nanoTime();
    var deadline =
        deadlines.schedule(
            () -> closeQuietly(connection), LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    try (connection) {
      CniRequest request = CniRequest.read(Channels.newInputStream(connection));
      Answer answer = admission.answer(request);
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      String outcome =
          switch (answer) {
            case Answer.Done() -> {
              write(connection, "OK");
              yield "done";
            }
            case Answer.Later(String message) -> {
              write(connection, "LATER " + message);
              yield "later";
            }
            case Answer.Unanswered() -> "unanswered";
          };
      answered.answered(request.command(), outcome, took);
      log.debug(
          "cni {} {} pod={} millis={}", request.command(), outcome, request.pod(), took.toMillis());
      if (answer instanceof Answer.Later(String message)) {
        log.info("cni {} refused pod={}: {}", request.command(), request.pod(), message);
      }
    } catch (IOException e) {
      log.debug("{}: a request ended unanswered", socketFile, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      deadline.cancel(false);
      connections.remove(connection);
    }
  }

  private static void write(SocketChannel connection, String line) throws IOException {
    String bounded = line.length() > 500 ? line.substring(0, 500) : line;
    OutputStream out = Channels.newOutputStream(connection);
    out.write((bounded.replace('\n', ' ') + '\n').getBytes(StandardCharsets.US_ASCII));
  }

  private void closeQuietly(@Nullable AutoCloseable channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (Exception e) {
      log.debug("{}: cannot be closed", socketFile, e);
    }
  }

  /** Answers nothing more; the socket's file stays, for it may be a successor's. */
  @Override
  public synchronized void close() {
    closeQuietly(server);
    server = null;
    connections.forEach(this::closeQuietly);
  }
}
