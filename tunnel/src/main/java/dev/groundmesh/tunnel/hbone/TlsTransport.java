package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.H2Transport;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * TLS over a byte stream, by an engine that is driven directly: one copy in and one copy out, both
 * made by the cipher. The stream is a socket, or for double HBONE the stream of an outer tunnel.
 */
final class TlsTransport implements H2Transport {
  /** Tells what comes out of the transport, on the event loop. */
  interface Listener {
    /** The handshake is over and ALPN chose {@code h2}. */
    void onSecured(SSLEngine engine) throws SSLException;

    /** The transport ended before that. */
    void onHandshakeFailed(Throwable cause);

    /** Decrypted bytes; valid during the call, unless retained. */
    void onPlain(ByteBuf data);

    void onReadComplete();

    void onWritable();

    /** A secured transport is gone. */
    void onClosed(StreamFailure cause);
  }

  private static final int MAX_RECORD = 16_384;

  /** What TLS 1.3 adds to a record is 22 bytes; the engine asks for a little more room. */
  private static final int RECORD_OVERHEAD = 32;

  private static final int ENGINE_SLACK = 256;

  private final ByteStream lower;
  private final SSLEngine engine;
  private final Listener listener;
  private final Duration closeTimeout;
  private final ScheduledFuture<?> handshakeTimer;
  private @Nullable ByteBuf carry;
  private boolean secured;
  private boolean plainProduced;
  private boolean partInEngine;
  private boolean ended;
  private boolean closed;

  /** Takes over {@code lower} and {@code engine}; {@link #start} begins. */
  TlsTransport(
      ByteStream lower,
      SSLEngine engine,
      Duration handshakeTimeout,
      Duration closeTimeout,
      Listener listener) {
    this.lower = lower;
    this.engine = engine;
    this.listener = listener;
    this.closeTimeout = closeTimeout;
    this.handshakeTimer =
        lower
            .eventLoop()
            .schedule(
                () -> onHandshakeTimeout(handshakeTimeout),
                handshakeTimeout.toNanos(),
                TimeUnit.NANOSECONDS);
  }

  void start() {
    lower.listen(new Lower(this));
    try {
      engine.beginHandshake();
      shakeHands(Unpooled.EMPTY_BUFFER);
    } catch (SSLException e) {
      fail(e);
      return;
    }
    if (!closed) {
      lower.resume();
    }
  }

  private void onHandshakeTimeout(Duration timeout) {
    if (!secured && !closed) {
      fail(new HandshakeTimeoutException(timeout));
    }
  }

  /** What the stream beneath tells, kept apart so that its methods are nobody else's to call. */
  private record Lower(TlsTransport t) implements ByteStreamListener {
    @Override
    public void onData(ByteBuf data) {
      t.onCipher(data);
    }

    @Override
    public void onReadComplete() {
      if (t.plainProduced) {
        t.plainProduced = false;
        t.listener.onReadComplete();
      }
      t.lower.flush();
    }

    @Override
    public void onEnd() {
      t.onLowerEnd();
    }

    @Override
    public void onWritable() {
      if (t.secured && !t.closed) {
        t.listener.onWritable();
      }
    }

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      t.onLowerClosed(
          failure == null ? new StreamFailure(Kind.TUNNEL_LOST, "connection closed") : failure);
    }
  }

  private void onCipher(ByteBuf data) {
    if (closed || ended) {
      data.release();
      return;
    }
    ByteBuf in = data;
    ByteBuf left = carry;
    if (left != null) {
      carry = null;
      in = left.writeBytes(data);
      data.release();
    }
    try {
      if (!secured) {
        shakeHands(in);
      }
      if (secured) {
        decrypt(in);
      }
      if (in.isReadable() && !closed && !ended) {
        keep(in);
      }
    } catch (SSLException e) {
      fail(e);
    } finally {
      in.release();
    }
  }

  /**
   * Keeps part of a record until the rest comes; only during the handshake does the engine ask so.
   */
  private void keep(ByteBuf in) {
    carry = RelayBuffers.ALLOCATOR.directBuffer(in.readableBytes() + MAX_RECORD).writeBytes(in);
  }

  private void shakeHands(ByteBuf in) throws SSLException {
    while (!secured && !closed) {
      HandshakeStatus status = engine.getHandshakeStatus();
      switch (status) {
        case NEED_TASK -> runTasks();
        case NEED_WRAP -> wrapHandshake();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          boolean goOn = in.isReadable() ? unwrapOnce(in) || secured : advances();
          if (!goOn) {
            lower.flush();
            return;
          }
        }
        case FINISHED, NOT_HANDSHAKING -> onHandshakeOver();
      }
    }
    lower.flush();
  }

  /**
   * Whether the engine gets on without more bytes: it takes the last message of a handshake in one
   * call and notices that the handshake is over in the next.
   */
  private boolean advances() throws SSLException {
    engine.unwrap(EMPTY, EMPTY);
    return switch (engine.getHandshakeStatus()) {
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> false;
      case NEED_TASK, NEED_WRAP, FINISHED, NOT_HANDSHAKING -> true;
    };
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  private void onHandshakeOver() throws SSLException {
    if (!"h2".equals(engine.getApplicationProtocol())) {
      throw new SSLHandshakeException(
          "ALPN: " + engine.getApplicationProtocol() + " (expected: h2)");
    }
    listener.onSecured(engine);
    secured = true;
    handshakeTimer.cancel(false);
  }

  private void wrapHandshake() throws SSLException {
    ByteBuf out = RelayBuffers.ALLOCATOR.directBuffer(2048, 1 << 17);
    try {
      while (true) {
        ByteBuffer target = out.internalNioBuffer(out.writerIndex(), out.writableBytes());
        SSLEngineResult result = engine.wrap(EMPTY, target);
        out.writerIndex(out.writerIndex() + result.bytesProduced());
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
          out.ensureWritable(MAX_RECORD + ENGINE_SLACK);
        } else if (result.getStatus() == SSLEngineResult.Status.CLOSED
            || engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
          break;
        }
      }
    } finally {
      if (out.isReadable()) {
        lower.write(out);
      } else {
        out.release();
      }
    }
  }

  private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

  private void decrypt(ByteBuf in) throws SSLException {
    while (!closed && !ended && unwrapOnce(in)) {
      // Until the engine wants more bytes than there are.
    }
  }

  /**
   * Fills one buffer with plain bytes.
   *
   * @return whether to call again: there is more to decrypt, in {@code in} or inside the engine,
   *     which swallows the first part of a record and gives out all of it with the last
   */
  private boolean unwrapOnce(ByteBuf in) throws SSLException {
    int capacity = in.readableBytes() + ENGINE_SLACK;
    if (!secured || partInEngine) {
      capacity += MAX_RECORD;
    }
    int before = in.readerIndex();
    ByteBuf out = RelayBuffers.ALLOCATOR.directBuffer(capacity, capacity);
    SSLEngineResult result;
    try {
      do {
        result =
            engine.unwrap(
                in.internalNioBuffer(in.readerIndex(), in.readableBytes()),
                out.internalNioBuffer(out.writerIndex(), out.writableBytes()));
        in.skipBytes(result.bytesConsumed());
        out.writerIndex(out.writerIndex() + result.bytesProduced());
      } while (secured
          && result.getStatus() == SSLEngineResult.Status.OK
          && result.bytesConsumed() + result.bytesProduced() > 0
          && in.isReadable()
          && out.isWritable());
      int plain = out.readableBytes();
      partInEngine = in.readerIndex() - before > plain + (plain / MAX_RECORD + 2) * RECORD_OVERHEAD;
      if (plain > 0) {
        if (!secured) {
          // The call that ended the handshake decrypted the first record as well.
          onHandshakeOver();
        }
        plainProduced = true;
        listener.onPlain(out);
      }
    } finally {
      out.release();
    }
    if (closed) {
      return false;
    }
    if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
      onCloseNotify();
      return false;
    }
    HandshakeStatus status = result.getHandshakeStatus();
    if (secured && status == HandshakeStatus.NEED_WRAP) {
      wrapHandshake();
      lower.flush();
    } else if (status == HandshakeStatus.NEED_TASK) {
      runTasks();
    }
    return switch (result.getStatus()) {
      case BUFFER_OVERFLOW -> true;
      case OK -> in.isReadable() || (!secured && result.bytesConsumed() > 0);
      case BUFFER_UNDERFLOW, CLOSED -> false;
    };
  }

  @Override
  public void write(ByteBuf buffer, int index, int length) {
    if (closed || ended) {
      return;
    }
    int records = (length + MAX_RECORD - 1) / MAX_RECORD;
    int capacity = length + records * RECORD_OVERHEAD + ENGINE_SLACK;
    ByteBuf out = Unpooled.EMPTY_BUFFER;
    try {
      out = RelayBuffers.ALLOCATOR.directBuffer(capacity, capacity + (1 << 16));
      ByteBuffer source = buffer.internalNioBuffer(index, length);
      while (source.hasRemaining()) {
        ByteBuffer target = out.internalNioBuffer(out.writerIndex(), out.writableBytes());
        SSLEngineResult result = engine.wrap(source, target);
        out.writerIndex(out.writerIndex() + result.bytesProduced());
        switch (result.getStatus()) {
          case OK -> {}
          case BUFFER_OVERFLOW -> out.ensureWritable(MAX_RECORD + ENGINE_SLACK);
          case CLOSED, BUFFER_UNDERFLOW -> throw new SSLException("TLS closed while writing");
        }
      }
    } catch (SSLException | RuntimeException e) {
      out.release();
      fail(e);
      return;
    } catch (OutOfMemoryError e) {
      // Of direct memory, or the JVM would have ended. What is lost ends the tunnel and nothing
      // else.
      out.release();
      lower.reset(
          new StreamFailure(Kind.SHUTDOWN, "write: " + e.getMessage(), ReasonCode.MEMORY_LIMIT));
      return;
    }
    lower.write(out);
  }

  @Override
  public void flush() {
    lower.flush();
  }

  @Override
  public boolean isWritable() {
    return lower.isWritable();
  }

  @Override
  public long heldBytes() {
    return lower.heldBytes();
  }

  private void onCloseNotify() {
    ended = true;
    if (secured) {
      listener.onClosed(new StreamFailure(Kind.TUNNEL_LOST, "TLS closed by the peer"));
    }
    sendCloseNotify();
    linger();
  }

  private void onLowerEnd() {
    if (!ended) {
      ended = true;
      if (secured) {
        listener.onClosed(new StreamFailure(Kind.TUNNEL_LOST, "connection closed by the peer"));
      } else {
        failHandshake(new SSLHandshakeException("connection closed during the TLS handshake"));
      }
    }
    lower.end();
  }

  @Override
  public void end() {
    if (closed || ended) {
      return;
    }
    ended = true;
    sendCloseNotify();
    linger();
  }

  private void sendCloseNotify() {
    engine.closeOutbound();
    try {
      wrapHandshake();
    } catch (SSLException e) {
      // The engine has nothing more to say: the connection closes without a close_notify.
    }
  }

  /** Ends our direction and gives the peer a moment to end its own. */
  private void linger() {
    lower.end();
    if (!closed) {
      awaitClose(lower.heldBytes());
    }
  }

  private void awaitClose(long heldBefore) {
    var _ =
        lower
            .eventLoop()
            .schedule(
                () -> {
                  long held = lower.heldBytes();
                  if (!closed && held < heldBefore) {
                    awaitClose(held);
                  } else if (!closed) {
                    lower.reset(new StreamFailure(Kind.SHUTDOWN, "peer did not close in time"));
                  }
                },
                closeTimeout.toNanos(),
                TimeUnit.NANOSECONDS);
  }

  private void failHandshake(Throwable cause) {
    handshakeTimer.cancel(false);
    listener.onHandshakeFailed(cause);
  }

  private void fail(Exception cause) {
    if (closed || ended) {
      return;
    }
    ended = true;
    // The engine may hold an alert that tells the peer what was wrong.
    engine.closeOutbound();
    try {
      wrapHandshake();
    } catch (SSLException e) {
      // There was none.
    }
    if (secured) {
      listener.onClosed(new StreamFailure(Kind.PROTOCOL_ERROR, "TLS: " + cause.getMessage()));
    } else {
      failHandshake(cause);
    }
    linger();
  }

  private void onLowerClosed(StreamFailure cause) {
    if (closed) {
      return;
    }
    closed = true;
    if (carry != null) {
      carry.release();
      carry = null;
    }
    if (!ended) {
      ended = true;
      if (secured) {
        listener.onClosed(cause);
      } else {
        failHandshake(new SSLHandshakeException("TLS handshake: " + cause.detail()));
      }
    }
    handshakeTimer.cancel(false);
    ReferenceCountUtil.release(engine);
  }
}
