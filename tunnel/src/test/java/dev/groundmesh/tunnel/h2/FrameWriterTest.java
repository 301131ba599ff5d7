package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.path.SpentAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class FrameWriterTest {
  private final ByteBuf written = Unpooled.buffer();

  private final class Taken implements H2Transport {
    @Override
    public void write(ByteBuf buffer, int index, int length) {
      written.writeBytes(buffer, index, length);
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public void end() {}
  }

  @Test
  void aStreamCanBeResetWhenDirectMemoryIsSpent() {
    FrameWriter writer = new FrameWriter(new Taken(), new SpentAllocator());

    writer.reset(7, H2Error.CANCEL);
    writer.seal();

    assertThat(ByteBufUtil.getBytes(written)).isEqualTo(Wire.reset(7, H2Error.CANCEL));
  }
}
