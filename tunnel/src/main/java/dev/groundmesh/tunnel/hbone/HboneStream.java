package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/** An established CONNECT stream of a tunnel, on either side. */
@SuppressWarnings("DoNotCallSuggester")
public final class HboneStream implements ByteStream {
  HboneStream() {}

  @Override
  public EventLoop eventLoop() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void listen(ByteStreamListener listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void resume() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void pause() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean write(ByteBuf data) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void flush() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isWritable() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void end() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void reset(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long heldBytes() {
    throw new UnsupportedOperationException();
  }
}
