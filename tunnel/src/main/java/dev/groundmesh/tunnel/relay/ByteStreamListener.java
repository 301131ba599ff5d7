package dev.groundmesh.tunnel.relay;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What a {@link ByteStream} tells its owner; every method is called on the stream's event loop. */
public interface ByteStreamListener {
  /**
   * Bytes arrived. The listener owns {@code data}'s reference and the bytes in front of its reader
   * index.
   */
  void onData(ByteBuf data);

  /** A batch of {@link #onData} is over: the moment to flush what was made of it. */
  void onReadComplete();

  /** The peer ended its direction; everything it sent was delivered before. */
  void onEnd();

  /** Writing is welcome again after {@link ByteStream#isWritable()} was false. */
  void onWritable();

  /**
   * The stream is over, once. {@code failure} is null when both directions ended and everything
   * written was handed to the kernel or the tunnel.
   */
  void onClosed(@Nullable StreamFailure failure);
}
