package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.h2.H2Connection;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Passes what a secured transport tells to the HTTP/2 connection that it carries. */
interface TunnelTransportListener extends TlsTransport.Listener {
  /** Null until the transport is secured. */
  @Nullable H2Connection connection();

  @Override
  default void onPlain(ByteBuf data) {
    H2Connection carried = connection();
    if (carried != null) {
      carried.onBytes(data);
    }
  }

  @Override
  default void onReadComplete() {
    H2Connection carried = connection();
    if (carried != null) {
      carried.onReadComplete();
    }
  }

  @Override
  default void onWritable() {
    H2Connection carried = connection();
    if (carried != null) {
      carried.onTransportWritable();
    }
  }

  @Override
  default void onClosed(StreamFailure cause) {
    H2Connection carried = connection();
    if (carried != null) {
      carried.onTransportClosed(cause);
    }
  }
}
