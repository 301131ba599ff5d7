package dev.groundmesh.tunnel.relay;

import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.NativeInetAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts TCP connections from a listening socket and spreads them over event loops. */
public final class SocketListener {
  private static final Logger log = LoggerFactory.getLogger(SocketListener.class);

  /**
   * So many connections in a row, then other descriptors have their turn: those that stand are not
   * kept waiting by many that come at once, and the first of these are served while the last still
   * wait.
   */
  private static final int ACCEPTS_PER_TURN = 8;

  /** At the end: as many connections as the longest queue holds, even if more come all the time. */
  private static final int LAST_TURNS = 512;

  private static final int ENFILE = 23;
  private static final int EMFILE = 24;

  /** Pause after an error that has no other answer: trying at once would spin. */
  private static final long RETRY_MILLIS = 50;

  private final IoEventLoop loop;
  private final List<IoEventLoop> workers;
  private final Socket listening;
  private final SocketAcceptor acceptor;
  private final byte[] peer = new byte[26];
  private @Nullable IoRegistration registration;
  private int nextWorker;
  private boolean turnScheduled;
  private boolean failing;
  private boolean retrying;
  private boolean closed;

  private SocketListener(
      IoEventLoop loop, List<IoEventLoop> workers, Socket listening, SocketAcceptor acceptor) {
    this.loop = loop;
    this.workers = List.copyOf(workers);
    this.listening = listening;
    this.acceptor = acceptor;
  }

  /**
   * Starts accepting. Any thread.
   *
   * @param loop accepts
   * @param workers take the connections in turn; {@code loop} may be one of them
   * @param listening bound and listening, non-blocking; closed by {@link #close()}
   */
  public static SocketListener open(
      IoEventLoop loop, List<IoEventLoop> workers, Socket listening, SocketAcceptor acceptor) {
    SocketListener listener = new SocketListener(loop, workers, listening, acceptor);
    if (loop.inEventLoop()) {
      listener.register();
    } else {
      loop.execute(listener::register);
    }
    return listener;
  }

  private void register() {
    if (closed) {
      return;
    }
    DescriptorReserve.ofThisLoop().fill();
    IoRegistration registered = loop.register(new Handle(this)).getNow();
    if (registered == null) {
      log.error("epoll took no registration for the listening socket {}", listening);
      return;
    }
    registration = registered;
    registered.submit(EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET));
  }

  private record Handle(SocketListener listener) implements EpollIoHandle {
    @Override
    public FileDescriptor fd() {
      return listener.listening;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      listener.acceptSome();
    }

    @Override
    public void close() {
      listener.closeOnLoop();
    }
  }

  private void acceptSome() {
    if (!turnScheduled && acceptTurn() && !closed) {
      turnScheduled = true;
      LoopTurn.next(loop, this::nextTurn);
    }
  }

  private void nextTurn() {
    turnScheduled = false;
    acceptSome();
  }

  /** Whether there may be more. */
  private boolean acceptTurn() {
    for (int i = 0; i < ACCEPTS_PER_TURN && !closed; i++) {
      int fd;
      try {
        fd = listening.accept(peer);
      } catch (IOException e) {
        if (isDescriptorLimit(e) && shedOne()) {
          continue;
        }
        onAcceptError(e);
        return false;
      }
      if (fd < 0) {
        return false;
      }
      failing = false;
      if (DescriptorReserve.isScarce(fd)) {
        shed(new Socket(fd), ReasonCode.FD_LIMIT);
        continue;
      }
      if (RelayMemory.isScarce()) {
        shed(new Socket(fd), ReasonCode.MEMORY_LIMIT);
        continue;
      }
      hand(new Socket(fd), NativeInetAddress.address(peer, 1, peer[0]));
    }
    return true;
  }

  private static boolean isDescriptorLimit(IOException e) {
    return e instanceof NativeIoException n
        && (n.expectedErr() == -EMFILE || n.expectedErr() == -ENFILE);
  }

  /** Takes the next connection with the reserve's descriptor and resets it. */
  private boolean shedOne() {
    DescriptorReserve reserve = DescriptorReserve.ofThisLoop();
    reserve.fill();
    if (!reserve.release()) {
      return false;
    }
    try {
      int fd = listening.accept(peer);
      if (fd < 0) {
        return false;
      }
      shed(new Socket(fd), ReasonCode.FD_LIMIT);
      return true;
    } catch (IOException e) {
      log.debug("accept on {} with the reserve", listening, e);
      return false;
    } finally {
      reserve.fill();
    }
  }

  private void shed(Socket socket, ReasonCode reason) {
    InetSocketAddress from = unmapped(NativeInetAddress.address(peer, 1, peer[0]));
    InetSocketAddress to = unmapped(socket.localAddress());
    try {
      socket.setSoLinger(0);
    } catch (IOException e) {
      log.debug("{} is closed without a reset", socket, e);
    }
    try {
      socket.close();
    } catch (IOException e) {
      log.warn("close of {}: {}", socket, e.getMessage());
    }
    acceptor.onShed(reason, from, to);
  }

  private void onAcceptError(IOException e) {
    if (!failing) {
      failing = true;
      log.warn(
          "accept on {}: {}; trying again every {} ms", listening, e.getMessage(), RETRY_MILLIS);
    }
    // Every connection that arrives meanwhile brings us here: one retry serves them all.
    if (!retrying) {
      retrying = true;
      var _ = loop.schedule(this::retry, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void retry() {
    retrying = false;
    acceptSome();
  }

  /** What it costs must not be those that wait behind it: nothing is thrown. */
  private void hand(Socket socket, InetSocketAddress remote) {
    InetSocketAddress from = unmapped(remote);
    InetSocketAddress to = unmapped(socket.localAddress());
    IoEventLoop worker = workers.get(nextWorker);
    nextWorker = (nextWorker + 1) % workers.size();
    if (worker.inEventLoop()) {
      give(loop, socket, from, to);
      return;
    }
    try {
      worker.execute(() -> give(worker, socket, from, to));
    } catch (RejectedExecutionException e) {
      drop(socket, from, to, e);
    }
  }

  private void give(
      IoEventLoop worker, Socket socket, InetSocketAddress from, InetSocketAddress to) {
    try {
      acceptor.onAccept(worker, socket, from, to);
    } catch (RuntimeException e) {
      drop(socket, from, to, e);
    }
  }

  private static void drop(
      Socket socket, InetSocketAddress from, InetSocketAddress to, RuntimeException cause) {
    log.error("connection from {} to {}: dropped by a fault of our own", from, to, cause);
    try {
      socket.close();
    } catch (IOException e) {
      log.warn("close of {}: {}", socket, e.getMessage());
    }
  }

  /** An IPv4 address that a dual-stack socket gave in IPv6 form, as IPv4. */
  private static InetSocketAddress unmapped(InetSocketAddress address) {
    byte[] bytes = address.getAddress().getAddress();
    if (bytes.length != 16) {
      return address;
    }
    try {
      // getByAddress itself turns ::ffff:a.b.c.d into an Inet4Address.
      InetAddress plain = InetAddress.getByAddress(bytes);
      return plain.getAddress().length == 4
          ? new InetSocketAddress(plain, address.getPort())
          : address;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }

  /** Takes the connections that wait, and closes the listening socket. Any thread. */
  public void close() {
    if (loop.inEventLoop()) {
      takeRestAndClose();
    } else {
      loop.execute(this::takeRestAndClose);
    }
  }

  /** With the socket, the kernel would reset who waits in its queue. */
  private void takeRestAndClose() {
    for (int turn = 0; turn < LAST_TURNS && !closed && acceptTurn(); turn++) {
      log.debug("more connections than a turn takes wait at {}", listening);
    }
    closeOnLoop();
  }

  private void closeOnLoop() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      listening.close();
    } catch (IOException e) {
      log.warn("close of {}: {}", listening, e.getMessage());
    }
    if (registration != null) {
      registration.cancel();
    }
  }
}
