package dev.groundmesh.tunnel.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Whatever arrives is read, refused or waited for; never read beyond. */
class ProxyHeaderFuzzTest {
  private static final byte[] SIGNATURE = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
  };

  @FuzzTest
  void header(FuzzedDataProvider data) {
    ByteBuf bytes = Unpooled.buffer();
    if (data.consumeBoolean()) {
      bytes.writeBytes(SIGNATURE);
    }
    bytes.writeBytes(data.consumeRemainingAsBytes());
    int before = bytes.readableBytes();
    try {
      ProxyHeader header = ProxyHeader.decode(bytes);
      if (header == null) {
        assertThat(bytes.readableBytes()).isEqualTo(before);
        assertThat(before).isLessThan(ProxyHeader.MAX_LENGTH);
      } else {
        assertThat(before - bytes.readableBytes()).isBetween(16, ProxyHeader.MAX_LENGTH);
      }
    } catch (ProxyHeaderException refused) {
      assertThat(bytes.readableBytes()).isEqualTo(before);
    }
  }
}
