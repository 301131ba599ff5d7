package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.groundmesh.tunnel.h2.RawPeer.Recorded;
import io.netty.buffer.Unpooled;

/** Whatever a peer sends ends in frames understood or in a connection closed with a reason. */
class H2FuzzTest {
  @FuzzTest
  void bytesOfAPeer(FuzzedDataProvider data) {
    try (RawPeer peer = RawPeer.ofServer()) {
      while (data.remainingBytes() > 0 && !peer.closed) {
        peer.raw(Unpooled.wrappedBuffer(data.consumeBytes(data.consumeInt(1, 64))));
      }
      assertThat(peer.closed).isEqualTo(peer.transportEnded);
    }
  }

  @FuzzTest
  void framesOfAPeer(FuzzedDataProvider data) {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      while (data.remainingBytes() > 0 && !peer.closed) {
        int type = data.consumeInt(0, 10);
        int flags = data.consumeByte();
        int id = data.consumeInt(0, 9);
        peer.frame(type, flags, id, data.consumeBytes(data.consumeInt(0, 300)));
        if (data.consumeBoolean()) {
          stream.pause();
        } else {
          stream.resume();
        }
      }
      assertThat(peer.closed).isEqualTo(peer.transportEnded);
    }
  }

  @FuzzTest
  void framesOfAServer(FuzzedDataProvider data) {
    try (RawPeer peer = RawPeer.ofClient()) {
      ConnectionRulesTest.open(peer);
      while (data.remainingBytes() > 0 && !peer.closed) {
        int type = data.consumeInt(0, 10);
        int flags = data.consumeByte();
        int id = data.consumeInt(0, 9);
        peer.frame(type, flags, id, data.consumeBytes(data.consumeInt(0, 300)));
      }
      assertThat(peer.closed).isEqualTo(peer.transportEnded);
    }
  }
}
