package dev.groundmesh.tunnel.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * A two-way byte pipe, owned by one event loop. Every method must be called on {@link #eventLoop()}
 * and none blocks.
 *
 * <p>Life: a stream starts paused. The owner sets a listener once, calls {@link #resume()}, and
 * then receives {@link ByteStreamListener#onData}, at most one {@link ByteStreamListener#onEnd},
 * and exactly one {@link ByteStreamListener#onClosed}. The two directions end independently.
 */
public interface ByteStream {
  /** The event loop that owns this stream. */
  EventLoop eventLoop();

  /** Sets the one listener; call it before the first {@link #resume()} or {@link #write}. */
  void listen(ByteStreamListener listener);

  /** Lets data flow to the listener; may deliver held data before it returns. */
  void resume();

  /**
   * Stops delivery. What arrives is held within bounds: a socket leaves it in the kernel, a
   * tunnel's stream keeps at most its HTTP/2 window.
   */
  void pause();

  /**
   * Queues bytes for sending and takes over {@code data}'s reference, also when the stream is dead.
   * Bytes in front of the reader index are the stream's to overwrite, so that a frame header fits
   * without a copy. Nothing need be sent before {@link #flush()}.
   *
   * @return {@link #isWritable()} afterwards
   */
  boolean write(ByteBuf data);

  /** Asks for what was written to be sent: now, or by the end of this turn of the event loop. */
  void flush();

  /**
   * Whether the writer should go on. After {@code false}, {@link ByteStreamListener#onWritable}
   * tells when to go on; until then at most one read's worth of bytes should still be written.
   */
  boolean isWritable();

  /** Ends our direction (FIN or END_STREAM) once everything written has been sent. */
  void end();

  /**
   * Kills both directions at once, as the peer will see it: RST or RST_STREAM. Bytes held in either
   * direction are dropped. The listener's {@code onClosed} is called with {@code cause} unless the
   * stream was closed before.
   */
  void reset(StreamFailure cause);

  /** Bytes held by this stream in either direction; any thread may read it, a little stale. */
  long heldBytes();
}
