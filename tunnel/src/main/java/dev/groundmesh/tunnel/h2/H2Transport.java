package dev.groundmesh.tunnel.h2;

import io.netty.buffer.ByteBuf;

/** What carries an {@link H2Connection}'s bytes: TLS over some stream. Event loop only. */
public interface H2Transport {
  /** Sends bytes; they are taken before this returns and {@code buffer} stays the caller's. */
  void write(ByteBuf buffer, int index, int length);

  /** Sends what was written. */
  void flush();

  /** Whether more is welcome; after false, {@link H2Connection#onTransportWritable} is called. */
  boolean isWritable();

  /** Bytes written and not yet taken by the kernel. */
  long heldBytes();

  /** Ends the transport in order, after what was written. */
  void end();
}
