package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.BufferQueue;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.RelayMemory;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/**
 * One stream of an {@link H2Connection}: its windows, what waits in either direction, and how far
 * each direction has come. Subclasses know what its headers mean.
 */
public abstract class H2Stream implements ByteStream {
  private static final long HIGH_WATERMARK = 256 * 1024;
  private static final long LOW_WATERMARK = 64 * 1024;

  private final H2Connection connection;
  private final int id;
  private @Nullable ByteStreamListener listener;
  private final BufferQueue output = new BufferQueue();
  private @Nullable BufferQueue held;

  private long sendWindow;
  private int receiveWindow;
  private int consumed;

  private boolean queued;
  private boolean resumed;
  private boolean wantsWritable;
  private boolean gotData;
  private boolean ending;
  private boolean localEnded;
  private boolean remoteEnded;
  private boolean endDelivered;
  private boolean closed;
  private @Nullable StreamFailure failure;
  private @Nullable StreamFailure resetAfterEnd;

  /** A stream that {@code connection} is about to open. */
  protected H2Stream(H2Connection connection, int id) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = connection.initialSendWindow();
    this.receiveWindow = connection.initialReceiveWindow();
  }

  /** Headers arrived: as server first those that opened the stream. Event loop. */
  protected abstract void onHeaders(Http2Headers headers, boolean endStream);

  /** The stream died before it had a listener; event loop. */
  protected abstract void onDeadBeforeUse(StreamFailure cause);

  /** Whether the stream was answered and has an owner. */
  final boolean isInUse() {
    return listener != null;
  }

  /** The number of the stream on its connection. */
  public final int id() {
    return id;
  }

  /** The connection that carries the stream. */
  public final H2Connection connection() {
    return connection;
  }

  /** Whether both directions ended or the stream was reset. */
  public final boolean isClosed() {
    return closed;
  }

  /** Whether the peer ended its direction. */
  public final boolean isRemoteEnded() {
    return remoteEnded;
  }

  @Override
  public final EventLoop eventLoop() {
    return connection.eventLoop();
  }

  @Override
  public final void listen(ByteStreamListener listener) {
    this.listener = listener;
    if (failure != null) {
      StreamFailure cause = failure;
      connection.eventLoop().execute(() -> listener.onClosed(cause));
    }
  }

  @Override
  public final void resume() {
    if (resumed) {
      return;
    }
    resumed = true;
    deliverHeld();
  }

  @Override
  public final void pause() {
    resumed = false;
  }

  private void deliverHeld() {
    BufferQueue queue = held;
    ByteStreamListener to = listener;
    if (to == null || closed) {
      return;
    }
    if (queue != null && !queue.isEmpty()) {
      while (resumed && !closed) {
        ByteBuf data = queue.poll();
        if (data == null) {
          break;
        }
        int length = data.readableBytes();
        to.onData(data);
        credit(length);
      }
      if (!closed) {
        to.onReadComplete();
      }
    }
    if (queue != null && queue.isEmpty()) {
      held = null;
    }
    if (resumed && !closed && held == null && remoteEnded) {
      deliverEnd(to);
    }
  }

  private void deliverEnd(ByteStreamListener to) {
    if (endDelivered) {
      return;
    }
    endDelivered = true;
    to.onEnd();
    StreamFailure reset = resetAfterEnd;
    if (reset != null && !closed) {
      closed = true;
      failure = reset;
      to.onClosed(reset);
      return;
    }
    closeWhenOver();
  }

  /** Bytes of the stream arrived; called by the connection, which checked the window. */
  final void receive(ByteBuf data) {
    if (closed) {
      int length = data.readableBytes();
      data.release();
      connection.creditConnection(length);
      return;
    }
    ByteStreamListener to = listener;
    if (resumed && held == null && to != null) {
      int length = data.readableBytes();
      if (!gotData) {
        gotData = true;
        connection.touched(this);
      }
      to.onData(data);
      credit(length);
      return;
    }
    BufferQueue queue = held;
    if (queue == null) {
      queue = new BufferQueue();
      held = queue;
    }
    if (queue.bytes() >= RelayMemory.TIGHT_HOLD && RelayMemory.isScarce()) {
      int length = data.readableBytes();
      data.release();
      connection.creditConnection(length);
      reset(
          new StreamFailure(
              Kind.SHUTDOWN,
              "memory is scarce and " + queue.bytes() + " bytes of it wait to be read",
              ReasonCode.MEMORY_LIMIT),
          H2Error.ENHANCE_YOUR_CALM);
      return;
    }
    queue.addWaiting(data);
  }

  /** The batch in which data came is over. */
  final void onBatchEnd() {
    gotData = false;
    if (!closed && listener != null) {
      listener.onReadComplete();
    }
  }

  /** The peer ended its direction. */
  final void onRemoteEnd() {
    remoteEnded = true;
    if (localEnded) {
      // What is held is the reader's business alone, even if the connection ends meanwhile.
      connection.forget(this);
    }
    if (listener != null && resumed && held == null && !closed) {
      deliverEnd(listener);
    }
  }

  private void credit(int length) {
    connection.creditConnection(length);
    if (closed || remoteEnded) {
      return;
    }
    consumed += length;
    int window = connection.initialReceiveWindow();
    if (consumed >= window / 4 && RelayMemory.isTight()) {
      // A reader that keeps up is not slowed by a small window, and of others there is less to
      // hold.
      BufferQueue queue = held;
      long outstanding = receiveWindow + (queue == null ? 0 : queue.bytes());
      window = Math.min(window, RelayMemory.TIGHT_HOLD);
      giveBack((int) Math.min(consumed, window - outstanding), window);
    } else {
      giveBack(consumed, window);
    }
  }

  private void giveBack(int bytes, int window) {
    if (bytes >= window / 4) {
      consumed -= bytes;
      receiveWindow += bytes;
      connection.sendWindowUpdate(this, bytes);
    }
  }

  /** Padding counts against the window and is consumed at once. */
  final void onPadding(int length) {
    credit(length);
  }

  /** Takes {@code length} from the receive window; false when the peer overran it. */
  final boolean takeReceiveWindow(int length) {
    receiveWindow -= length;
    return receiveWindow >= 0;
  }

  /** Widens the send window; false when it would pass 2^31-1. */
  final boolean addSendWindow(long increment) {
    sendWindow += increment;
    if (sendWindow > Integer.MAX_VALUE) {
      return false;
    }
    if (increment > 0 && isSendable()) {
      connection.enqueue(this);
    }
    return true;
  }

  @Override
  public final boolean write(ByteBuf data) {
    if (closed || ending) {
      data.release();
      return false;
    }
    if (!data.isReadable()) {
      data.release();
      return isWritable();
    }
    if (sendWindow > 0 && connection.canSendNow()) {
      output.add(data);
    } else {
      output.addWaiting(data);
    }
    if (sendWindow > 0) {
      connection.enqueue(this);
      connection.pump();
    }
    return isWritable();
  }

  @Override
  public final boolean isWritable() {
    if (output.bytes() < RelayMemory.mostWaiting(HIGH_WATERMARK) && !wantsWritable) {
      return true;
    }
    wantsWritable = true;
    return false;
  }

  @Override
  public final void flush() {
    connection.scheduleFlush();
  }

  @Override
  public final void end() {
    if (closed || ending) {
      return;
    }
    ending = true;
    if (output.isEmpty()) {
      connection.sendEnd(this);
      onLocalEnded();
    }
  }

  private boolean isSendable() {
    return !closed && !output.isEmpty() && sendWindow > 0;
  }

  final boolean isQueued() {
    return queued;
  }

  final void setQueued(boolean queued) {
    this.queued = queued;
  }

  /**
   * Sends up to {@code quantum} bytes as the windows allow.
   *
   * @return bytes sent; 0 when there is nothing to send
   */
  final int sendSome(int quantum, long connectionWindow, int maxFrameSize) {
    int left = (int) Math.min(quantum, Math.min(connectionWindow, Math.max(sendWindow, 0)));
    int sent = 0;
    while (left > 0 && !closed) {
      ByteBuf first = output.peek();
      if (first == null) {
        break;
      }
      int length = Math.min(Math.min(left, maxFrameSize), first.readableBytes());
      boolean last = ending && length == output.bytes();
      connection.writer().data(id, first, length, last);
      if (closed) {
        // The transport failed and took the stream with it.
        break;
      }
      output.skip(length);
      sendWindow -= length;
      left -= length;
      sent += length;
      if (last) {
        onLocalEnded();
      }
    }
    return sent;
  }

  /** Whether the stream should have another turn. */
  final boolean hasMore() {
    return isSendable();
  }

  /** Tells the writer when there is room again. */
  final void notifyWritable() {
    if (wantsWritable && !closed && output.bytes() <= RelayMemory.mostWaiting(LOW_WATERMARK)) {
      wantsWritable = false;
      if (!ending && listener != null) {
        listener.onWritable();
      }
    }
  }

  private void onLocalEnded() {
    localEnded = true;
    closeWhenOver();
  }

  /** Ends our direction with the headers that were just written. */
  protected final void endedByHeaders() {
    ending = true;
    onLocalEnded();
  }

  private void closeWhenOver() {
    if (localEnded && remoteEnded) {
      connection.forget(this);
      if (endDelivered && !closed) {
        closed = true;
        output.clear();
        if (listener != null) {
          listener.onClosed(null);
        }
      }
    }
  }

  @Override
  public final void reset(StreamFailure cause) {
    reset(
        cause,
        cause.kind() == Kind.PROTOCOL_ERROR ? H2Error.PROTOCOL_ERROR : connection.resetCode());
  }

  /** Resets the stream with that code on the wire. */
  protected final void reset(StreamFailure cause, H2Error code) {
    if (closed) {
      return;
    }
    if (isSendable()) {
      connection.pump();
      if (closed) {
        return;
      }
    }
    if (!(localEnded && remoteEnded)) {
      connection.sendReset(this, code);
    }
    fail(cause);
  }

  /** Resets a stream that was answered in full, which is no error (RFC 9113, section 8.1). */
  protected final void resetQuietly(StreamFailure cause) {
    reset(cause, H2Error.NO_ERROR);
  }

  /** The peer reset the stream. What it sent before it ended its direction is delivered still. */
  final void onReset(StreamFailure cause) {
    if (remoteEnded && !endDelivered && listener != null && !closed) {
      resetAfterEnd = cause;
      ending = true;
      localEnded = true;
      output.clear();
      connection.forget(this);
      return;
    }
    fail(cause);
  }

  /** The stream is dead; nothing is sent for it any more. */
  final void fail(StreamFailure cause) {
    if (closed) {
      return;
    }
    closed = true;
    failure = cause;
    output.clear();
    if (held != null) {
      connection.creditConnection((int) held.bytes());
      held.clear();
      held = null;
    }
    connection.forget(this);
    if (listener != null) {
      listener.onClosed(cause);
    } else {
      onDeadBeforeUse(cause);
    }
  }

  @Override
  public final long heldBytes() {
    BufferQueue queue = held;
    return output.bytes() + (queue == null ? 0 : queue.bytes());
  }
}
