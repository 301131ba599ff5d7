package dev.groundmesh.tunnel.relay;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.IovArray;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP socket as a {@link ByteStream}, driven directly on the event loop's epoll. Half-close and
 * reset are exact; the closing of the descriptor is the stream's business.
 *
 * <p>The descriptor is registered edge-triggered: what epoll reports is kept in {@code readable}
 * and {@code writable} until a system call proves the contrary (epoll(7), questions 9 and 10). So a
 * pause is a flag, and data that arrives while paused stays in the kernel. Room to write is asked
 * for from the first write on that finds none: most connections never do, and epoll would report it
 * with all that arrives.
 */
public final class SocketStream implements ByteStream {
  private static final Logger log = LoggerFactory.getLogger(SocketStream.class);

  /** Bytes in front of what was read, for the header of an HTTP/2 frame. */
  static final int HEAD_ROOM = 9;

  private static final EpollIoOps INPUT =
      EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.EPOLLET);
  private static final EpollIoOps INPUT_AND_OUTPUT = INPUT.with(EpollIoOps.EPOLLOUT);
  private static final int EPOLLIN = 0x001;
  private static final int EPOLLOUT = 0x004;
  private static final int EPOLLERR = 0x008;
  private static final int EPOLLHUP = 0x010;
  private static final int EPOLLRDHUP = 0x2000;
  private static final int READ_EVENTS = EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
  private static final int WRITE_EVENTS = EPOLLOUT | EPOLLERR | EPOLLHUP;
  private static final int END_EVENTS = EPOLLERR | EPOLLHUP | EPOLLRDHUP;

  /** A connection that has more than this to say lets the others speak first. */
  private static final int READ_PER_TURN = 512 * 1024;

  /** From here on a write is worth a system call of its own. */
  private static final int FLUSH_AT_ONCE = 32 * 1024;

  private static final int HIGH_WATERMARK = 256 * 1024;
  private static final int LOW_WATERMARK = 64 * 1024;
  private static final int MAX_IOV = 64;
  private static final int SOL_TCP = 6;
  private static final int TCP_CORK = 3;
  private static final int EPIPE = -32;
  private static final int ECONNRESET = -104;

  private static final FastThreadLocal<IovArray> IOV =
      new FastThreadLocal<>() {
        @Override
        protected IovArray initialValue() {
          return new IovArray(MAX_IOV);
        }

        @Override
        protected void onRemoval(IovArray value) {
          value.release();
        }
      };

  private final IoEventLoop loop;
  private final Socket socket;
  private final InetSocketAddress remote;
  private @Nullable InetSocketAddress local;
  private @Nullable IoRegistration registration;
  private @Nullable EpollIoOps watched;
  private @Nullable ByteStreamListener listener;
  private @Nullable Connecting connecting;
  private final BufferQueue output = new BufferQueue();
  private final ReadSize readSize = new ReadSize();

  private boolean resumed;
  private boolean started;
  private boolean reading;
  private boolean readScheduled;
  private boolean readable;
  private boolean peerEnding;
  private boolean inputEnded;
  private boolean writable = true;
  private boolean wantsWritable;
  private boolean ending;
  private boolean outputEnded;
  private @Nullable StreamFailure outputFailure;
  private boolean closed;

  private SocketStream(
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress remote,
      @Nullable InetSocketAddress local) {
    this.loop = loop;
    this.socket = socket;
    this.remote = remote;
    this.local = local;
  }

  /**
   * Takes over an accepted connection, on {@code loop}, and sets TCP_NODELAY. When the kernel
   * refuses the socket is closed and the stream tells its listener at the first {@link #resume()}.
   */
  public static SocketStream accepted(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    SocketStream stream = new SocketStream(loop, socket, remote, local);
    try {
      socket.setTcpNoDelay(true);
      stream.register(INPUT);
    } catch (IOException e) {
      stream.outputFailure = failure(e);
      stream.readable = true;
    }
    return stream;
  }

  /**
   * Connects a fresh socket, on {@code loop}; the listener may be told before this returns.
   * TCP_NODELAY is set here, other options are the caller's.
   */
  public static void connect(
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress remote,
      Duration timeout,
      ConnectListener listener) {
    SocketStream stream = new SocketStream(loop, socket, remote, null);
    boolean done;
    try {
      socket.setTcpNoDelay(true);
      done = socket.connect(remote);
      stream.register(done ? INPUT : INPUT_AND_OUTPUT);
    } catch (IOException e) {
      stream.closeSocket();
      stream.closed = true;
      listener.onFailed(e);
      return;
    }
    if (done) {
      listener.onConnected(stream);
    } else {
      stream.writable = false;
      stream.connecting = new Connecting(stream, timeout, listener);
    }
  }

  /** An attempt to connect that the kernel has not decided yet. */
  private static final class Connecting implements Runnable {
    private final SocketStream stream;
    private final ConnectListener listener;
    private final Duration timeout;
    private final ScheduledFuture<?> timer;

    Connecting(SocketStream stream, Duration timeout, ConnectListener listener) {
      this.stream = stream;
      this.listener = listener;
      this.timeout = timeout;
      this.timer = stream.loop.schedule(this, timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
      if (stream.connecting == this) {
        fail(
            new SocketTimeoutException(
                "connect to " + stream.remote + ": no answer in " + timeout.toMillis() + " ms"));
      }
    }

    void onEvent() {
      boolean done;
      try {
        done = stream.socket.finishConnect();
        if (done) {
          stream.watch(INPUT);
        }
      } catch (IOException e) {
        timer.cancel(false);
        fail(e);
        return;
      }
      if (done) {
        timer.cancel(false);
        stream.connecting = null;
        stream.writable = true;
        listener.onConnected(stream);
      }
    }

    private void fail(IOException cause) {
      stream.connecting = null;
      stream.closed = true;
      stream.closeSocket();
      listener.onFailed(cause);
    }
  }

  private void register(EpollIoOps ops) throws IOException {
    IoRegistration registered = loop.register(new Handle(this)).getNow();
    if (registered == null) {
      throw new IOException("epoll took no registration for " + socket);
    }
    registration = registered;
    watch(ops);
  }

  private void watch(EpollIoOps ops) throws IOException {
    if (registration != null && !ops.equals(watched)) {
      try {
        registration.submit(ops);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      watched = ops;
    }
  }

  /** What epoll sees of the stream: kept apart so that its methods are nobody else's to call. */
  private record Handle(SocketStream stream) implements EpollIoHandle {
    @Override
    public FileDescriptor fd() {
      return stream.socket;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      try {
        stream.onEvents(((EpollIoEvent) event).ops().value());
      } catch (RuntimeException e) {
        // Netty would put the whole event loop to sleep for a second.
        stream.failOfOurOwn(e);
      } catch (OutOfMemoryError e) {
        // And of this one the event loop would end.
        stream.failOfMemory(e);
      }
    }

    @Override
    public void close() {
      stream.reset(new StreamFailure(Kind.SHUTDOWN, "event loop ended"));
    }
  }

  private void onEvents(int events) {
    if (closed) {
      return;
    }
    if (connecting != null) {
      if ((events & WRITE_EVENTS) != 0) {
        connecting.onEvent();
      }
      if (closed || connecting != null) {
        return;
      }
    }
    if ((events & WRITE_EVENTS) != 0 && !writable) {
      writable = true;
      flush();
    }
    if ((events & READ_EVENTS) != 0 && !closed) {
      readable = true;
      if ((events & END_EVENTS) != 0) {
        peerEnding = true;
      }
      if (resumed) {
        read();
      } else if ((events & EPOLLERR) != 0 && !started && listener != null) {
        fail(new StreamFailure(Kind.RESET_BY_PEER, "connection reset before it was relayed"));
      }
    }
  }

  /** The peer's address. Any thread. */
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /** Our address: asked of the kernel when it is not known yet. Event loop only. */
  public InetSocketAddress localAddress() {
    InetSocketAddress known = local;
    if (known == null) {
      known = socket.localAddress();
      local = known;
    }
    return known;
  }

  @Override
  public EventLoop eventLoop() {
    return loop;
  }

  @Override
  public void listen(ByteStreamListener listener) {
    this.listener = listener;
  }

  private ByteStreamListener listener() {
    ByteStreamListener current = listener;
    if (current == null) {
      throw new IllegalStateException("listen() comes before the first resume() or write()");
    }
    return current;
  }

  @Override
  public void resume() {
    resumed = true;
    started = true;
    if (readable && !reading) {
      read();
    }
  }

  @Override
  public void pause() {
    resumed = false;
  }

  private void read() {
    if (closed || inputEnded) {
      return;
    }
    ByteStreamListener to = listener();
    if (registration == null && outputFailure != null) {
      fail(outputFailure);
      return;
    }
    ByteBufAllocator allocator = RelayBuffers.ALLOCATOR;
    reading = true;
    int total = 0;
    boolean end = false;
    @Nullable StreamFailure failed = null;
    while (resumed && readable && !closed) {
      if (total >= READ_PER_TURN) {
        scheduleRead();
        break;
      }
      int capacity = RelayMemory.mostRead(readSize.next());
      ByteBuf buffer;
      try {
        buffer = allocator.directBuffer(capacity, capacity);
      } catch (OutOfMemoryError e) {
        // Of direct memory, or the JVM would have ended: nothing was begun yet, so that this
        // connection alone is lost.
        failed =
            new StreamFailure(Kind.SHUTDOWN, "read: " + e.getMessage(), ReasonCode.MEMORY_LIMIT);
        break;
      }
      int count;
      try {
        count = socket.recvAddress(buffer.memoryAddress(), HEAD_ROOM, capacity);
      } catch (IOException | NotYetConnectedException e) {
        buffer.release();
        failed = failure(e);
        break;
      }
      if (count <= 0) {
        buffer.release();
        readable = false;
        end = count < 0;
        break;
      }
      int room = capacity - HEAD_ROOM;
      readSize.record(count, room);
      if (count < room && !peerEnding) {
        readable = false;
      }
      total += count;
      buffer.setIndex(HEAD_ROOM, HEAD_ROOM + count);
      to.onData(buffer);
    }
    reading = false;
    if (total > 0 && !closed) {
      to.onReadComplete();
    }
    if (closed) {
      return;
    }
    if (failed != null) {
      fail(failed);
    } else if (end) {
      onInputEnd(to);
    }
  }

  private void scheduleRead() {
    if (!readScheduled) {
      readScheduled = true;
      LoopTurn.next(loop, this::nextRead);
    }
  }

  private void nextRead() {
    readScheduled = false;
    try {
      if (resumed && readable) {
        read();
      }
    } catch (RuntimeException e) {
      failOfOurOwn(e);
    } catch (OutOfMemoryError e) {
      failOfMemory(e);
    }
  }

  private void onInputEnd(ByteStreamListener to) {
    inputEnded = true;
    if (outputFailure != null) {
      fail(outputFailure);
      return;
    }
    to.onEnd();
    closeWhenOver();
  }

  @Override
  public boolean write(ByteBuf data) {
    if (closed || ending || outputFailure != null) {
      data.release();
      return false;
    }
    if (!data.isReadable()) {
      data.release();
      return isWritable();
    }
    if (!writable) {
      output.addWaiting(data);
      return isWritable();
    }
    output.add(data.hasMemoryAddress() ? data : RelayBuffers.copyOf(data));
    if (output.bytes() >= FLUSH_AT_ONCE) {
      flush();
    }
    return isWritable();
  }

  @Override
  public boolean isWritable() {
    if (output.bytes() < RelayMemory.mostWaiting(HIGH_WATERMARK) && !wantsWritable) {
      return true;
    }
    wantsWritable = true;
    return false;
  }

  @Override
  public void flush() {
    while (writable && !closed) {
      ByteBuf first = output.peek();
      if (first == null) {
        break;
      }
      try {
        if (output.hasSeveral()) {
          sendSeveral(first);
        } else {
          int length = first.readableBytes();
          int sent =
              socket.sendAddress(first.memoryAddress(), first.readerIndex(), first.writerIndex());
          output.skip(sent);
          writable = sent == length;
        }
        if (!writable) {
          watch(INPUT_AND_OUTPUT);
        }
      } catch (IOException | NotYetConnectedException e) {
        failOutput(failure(e));
        return;
      }
    }
    if (closed) {
      return;
    }
    if (ending && output.isEmpty()) {
      shutdownOutput();
    }
    if (wantsWritable && output.bytes() <= RelayMemory.mostWaiting(LOW_WATERMARK)) {
      wantsWritable = false;
      if (!ending && listener != null) {
        listener.onWritable();
      }
    }
  }

  private void sendSeveral(ByteBuf first) throws IOException {
    IovArray iov = IOV.get();
    iov.clear();
    long length = first.readableBytes();
    iov.add(first, first.readerIndex(), first.readableBytes());
    for (ByteBuf buffer : output.rest()) {
      if (iov.count() == MAX_IOV
          || !iov.add(buffer, buffer.readerIndex(), buffer.readableBytes())) {
        break;
      }
      length += buffer.readableBytes();
    }
    long sent = socket.writevAddresses(iov.memoryAddress(0), iov.count());
    output.skip(sent);
    writable = sent == length;
  }

  @Override
  public void end() {
    if (closed || ending) {
      return;
    }
    ending = true;
    if (outputFailure == null) {
      holdLastSegment();
      flush();
    }
  }

  /**
   * Lets the last bytes and the FIN leave in one segment (tcp(7), TCP_CORK): a peer that has its
   * answer then has the end too, and does not close first, which would keep its port in TIME_WAIT.
   */
  private void holdLastSegment() {
    if (output.isEmpty()) {
      return;
    }
    try {
      socket.setIntOpt(SOL_TCP, TCP_CORK, 1);
    } catch (IOException e) {
      // The connection is gone already, as the write that follows will tell.
    }
  }

  private void shutdownOutput() {
    if (outputEnded) {
      return;
    }
    outputEnded = true;
    if (inputEnded) {
      // Nothing is left unread, so that close(2) ends the connection in order by itself.
      close(null);
      return;
    }
    try {
      socket.shutdown(false, true);
    } catch (IOException | NotYetConnectedException e) {
      failOutput(failure(e));
      return;
    }
    closeWhenOver();
  }

  private void closeWhenOver() {
    if (inputEnded && outputEnded && !closed) {
      close(null);
    }
  }

  /**
   * Nothing more can be sent, but what the peer sent before it reset the connection may still lie
   * in the kernel, and its reader wants it.
   */
  private void failOutput(StreamFailure failure) {
    outputFailure = failure;
    output.clear();
    if (inputEnded) {
      fail(failure);
      return;
    }
    readable = true;
    peerEnding = true;
    if (resumed && !reading) {
      scheduleRead();
    }
  }

  @Override
  public void reset(StreamFailure cause) {
    if (closed) {
      return;
    }
    if (writable && !output.isEmpty()) {
      flush();
    }
    fail(cause);
  }

  private void failOfOurOwn(RuntimeException e) {
    log.error("{}: closed by a fault of our own", this, e);
    fail(new StreamFailure(Kind.INTERNAL_ERROR, e.toString()));
  }

  /**
   * Direct memory ran out while what came was passed on: of any other, the JVM would have ended.
   * This connection alone is lost.
   */
  private void failOfMemory(OutOfMemoryError e) {
    fail(new StreamFailure(Kind.SHUTDOWN, "read: " + e.getMessage(), ReasonCode.MEMORY_LIMIT));
  }

  private void fail(StreamFailure failure) {
    if (closed) {
      return;
    }
    try {
      socket.setSoLinger(0);
    } catch (IOException e) {
      // The connection is gone already: there is nothing left to reset.
    }
    close(failure);
  }

  private void close(@Nullable StreamFailure failure) {
    closed = true;
    output.clear();
    closeSocket();
    if (listener != null) {
      listener.onClosed(failure);
    }
  }

  private void closeSocket() {
    try {
      socket.close();
    } catch (IOException e) {
      // close(2) frees the descriptor whatever it returns.
    }
    if (registration != null) {
      registration.cancel();
    }
  }

  @Override
  public long heldBytes() {
    return output.bytes();
  }

  private static StreamFailure failure(Exception e) {
    boolean reset =
        switch (e) {
          case NativeIoException n -> n.expectedErr() == ECONNRESET || n.expectedErr() == EPIPE;
          // What Netty makes of ENOTCONN: the kernel tore the connection down.
          case NotYetConnectedException _ -> true;
          default -> false;
        };
    return new StreamFailure(
        reset ? Kind.RESET_BY_PEER : Kind.NETWORK_ERROR, String.valueOf(e.getMessage()));
  }

  @Override
  public String toString() {
    return "SocketStream{" + remote + "}";
  }
}
