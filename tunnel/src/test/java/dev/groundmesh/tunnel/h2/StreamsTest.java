package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.h2.RawPeer.Frame;
import dev.groundmesh.tunnel.h2.RawPeer.Recorded;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes, windows and ends of streams. */
class StreamsTest {
  private static ByteBuf zeros(int length) {
    return Unpooled.directBuffer(length + 9).writeZero(9).skipBytes(9).writeZero(length);
  }

  private static int dataBytes(List<Frame> frames) {
    return frames.stream()
        .filter(f -> f.type() == FrameType.DATA)
        .mapToInt(f -> f.payload().length)
        .sum();
  }

  @Test
  void paddingIsNotDelivered() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      peer.frame(
          FrameType.DATA, FrameType.PADDED, 1, new byte[] {3, 'h', 'e', 'l', 'l', 'o', 0, 0, 0});
      assertThat(stream.data).hasToString("hello");
    }
  }

  @Test
  void bytesOfFramesCutAnywhereArriveWhole() {
    try (RawPeer peer = RawPeer.ofServer().inPieces()) {
      Recorded stream = peer.open(1);
      peer.data(1, "one", false);
      peer.frame(FrameType.DATA, FrameType.PADDED, 1, new byte[] {2, 't', 'w', 'o', 0, 0});
      peer.data(1, "three", true);
      assertThat(stream.data).hasToString("onetwothree");
      assertThat(stream.ended).isTrue();
    }
  }

  @Test
  void sendingStopsAtTheStreamsWindowAndGoesOnWithIt() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.windowUpdate(0, 1 << 20);
      Recorded stream = peer.open(1);
      stream.write(zeros(100_000));
      assertThat(dataBytes(peer.frames())).isEqualTo(65_535);
      peer.windowUpdate(1, 4465);
      assertThat(dataBytes(peer.frames())).isEqualTo(4465);
      peer.windowUpdate(1, 1 << 20);
      assertThat(dataBytes(peer.frames())).isEqualTo(30_000);
    }
  }

  @Test
  void sendingStopsAtTheConnectionsWindowAndGoesOnWithIt() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.setting(FrameType.SETTING_INITIAL_WINDOW_SIZE, 1 << 20);
      Recorded first = peer.open(1);
      Recorded second = peer.open(3);
      first.write(zeros(60_000));
      second.write(zeros(60_000));
      assertThat(dataBytes(peer.frames())).isEqualTo(65_535);
      peer.windowUpdate(0, 1 << 20);
      assertThat(dataBytes(peer.frames())).isEqualTo(120_000 - 65_535);
    }
  }

  @Test
  void smallerInitialWindowMayMakeWindowsNegative() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.write(zeros(50_000));
      peer.frames();
      peer.setting(FrameType.SETTING_INITIAL_WINDOW_SIZE, 10_000);
      stream.write(zeros(20_000));
      peer.windowUpdate(1, 40_000);
      assertThat(dataBytes(peer.frames())).isZero();
      peer.windowUpdate(1, 5000);
      assertThat(dataBytes(peer.frames())).isEqualTo(5000);
    }
  }

  @Test
  void framesAreNoLargerThanThePeerTakes() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.write(zeros(60_000));
      assertThat(peer.frames(FrameType.DATA)).allMatch(f -> f.payload().length <= 16_384);
    }
  }

  @Test
  void endIsSentWithTheLastByte() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.write(zeros(70_000));
      stream.end();
      assertThat(peer.frames(FrameType.DATA)).noneMatch(f -> f.has(FrameType.END_STREAM));
      peer.windowUpdate(0, 1 << 20);
      peer.windowUpdate(1, 1 << 20);
      List<Frame> rest = peer.frames(FrameType.DATA);
      assertThat(rest.getLast().has(FrameType.END_STREAM)).isTrue();
      assertThat(dataBytes(rest)).isEqualTo(70_000 - 65_535);
    }
  }

  @Test
  void busyStreamsShareTheConnectionEvenly() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.setting(FrameType.SETTING_INITIAL_WINDOW_SIZE, 16 << 20);
      peer.setting(FrameType.SETTING_MAX_FRAME_SIZE, 1 << 20);
      peer.windowUpdate(0, 64 << 20);
      peer.transportWritable = false;
      for (int i = 0; i < 4; i++) {
        peer.open(2 * i + 1).write(zeros(1 << 20));
      }
      peer.open(9).write(zeros(100));
      peer.transportWritable = true;
      peer.connection.onTransportWritable();
      List<Frame> frames = peer.frames(FrameType.DATA);
      assertThat(frames.subList(0, 5)).extracting(Frame::stream).containsExactly(1, 3, 5, 7, 9);
      int[] sent = new int[10];
      for (Frame frame : frames.subList(0, 40)) {
        sent[frame.stream()] += frame.payload().length;
      }
      assertThat(sent[1]).isCloseTo(sent[7], org.assertj.core.data.Offset.offset(65_536));
    }
  }

  @Test
  void writerIsToldToWaitAndToGoOn() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      assertThat(stream.write(zeros(65_535))).isTrue();
      assertThat(stream.write(zeros(300_000))).isFalse();
      peer.windowUpdate(0, 1 << 20);
      peer.windowUpdate(1, 1 << 20);
      assertThat(stream.writableAgain).isEqualTo(1);
      assertThat(stream.isWritable()).isTrue();
    }
  }

  @Test
  void windowIsGivenBackAsBytesAreRead() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.open(1);
      for (int i = 0; i < 4; i++) {
        peer.frame(FrameType.DATA, 0, 1, new byte[1 << 20]);
      }
      List<Frame> updates = peer.frames(FrameType.WINDOW_UPDATE);
      assertThat(updates.stream().filter(f -> f.stream() == 1).mapToInt(f -> f.int32(0)).sum())
          .isEqualTo(4 << 20);
      assertThat(updates.stream().filter(f -> f.stream() == 0).mapToInt(f -> f.int32(0)).sum())
          .isEqualTo(4 << 20);
    }
  }

  @Test
  void pausedReaderGivesNothingBackUntilItGoesOn() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.pause();
      for (int i = 0; i < 4; i++) {
        peer.frame(FrameType.DATA, 0, 1, new byte[1 << 20]);
      }
      assertThat(peer.frames(FrameType.WINDOW_UPDATE)).isEmpty();
      assertThat(stream.heldBytes()).isEqualTo(4 << 20);
      stream.resume();
      assertThat(peer.frames(FrameType.WINDOW_UPDATE)).isNotEmpty();
      assertThat(stream.data).hasSize(4 << 20);
    }
  }

  @Test
  void smallFramesThatWaitAreHeldTogether() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.pause();
      for (int i = 0; i < 5000; i++) {
        peer.data(1, "abcd", false);
      }
      stream.resume();
      assertThat(stream.data).hasToString("abcd".repeat(5000));
    }
  }

  @Test
  void windowOfAbandonedBytesReturnsToTheConnection() {
    try (RawPeer peer = RawPeer.ofServer()) {
      int returned = 0;
      for (int i = 0; i < 8; i++) {
        Recorded stream = peer.open(2 * i + 1);
        stream.pause();
        for (int k = 0; k < 4; k++) {
          peer.frame(FrameType.DATA, 0, stream.id(), new byte[1 << 20]);
        }
        stream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "x"));
        returned +=
            peer.frames(FrameType.WINDOW_UPDATE).stream()
                .filter(f -> f.stream() == 0)
                .mapToInt(f -> f.int32(0))
                .sum();
      }
      assertThat(returned).isEqualTo(32 << 20);
    }
  }

  @Test
  void windowOfBytesForResetStreamsReturnsToTheConnection() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "x"));
      peer.frames();
      for (int i = 0; i < 20; i++) {
        peer.frame(FrameType.DATA, 0, 1, new byte[1 << 20]);
      }
      assertThat(peer.frames().stream().mapToInt(f -> f.type() == 8 ? f.int32(0) : 0).sum())
          .isEqualTo(20 << 20);
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void resetOfThePeerReachesTheStream() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      peer.frame(FrameType.RST_STREAM, 0, 1, RawPeer.int32(8));
      assertThat(stream.failure)
          .isEqualTo(new StreamFailure(StreamFailure.Kind.RESET_BY_PEER, "RST_STREAM CANCEL"));
      assertThat(peer.connection.streams()).isZero();
    }
  }

  @Test
  void resetAfterTheEndStillDeliversWhatCameBefore() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.pause();
      peer.data(1, "tail", true);
      peer.frame(FrameType.RST_STREAM, 0, 1, RawPeer.int32(0));
      stream.resume();
      assertThat(stream.data).hasToString("tail");
      assertThat(stream.ended).isTrue();
      assertThat(stream.over).isTrue();
    }
  }

  @Test
  void tailIsDeliveredWhenTheConnectionEndsAfterBothEnds() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.pause();
      stream.end();
      peer.data(1, "tail", true);
      peer.connection.onTransportClosed(new StreamFailure(StreamFailure.Kind.TUNNEL_LOST, "gone"));
      stream.resume();
      assertThat(stream.data).hasToString("tail");
      assertThat(stream.ended).isTrue();
      assertThat(stream.failure).isNull();
    }
  }

  @Test
  void serversResetIsAConnectErrorAndClientsACancel() {
    try (RawPeer server = RawPeer.ofServer();
        RawPeer client = RawPeer.ofClient()) {
      StreamFailure cause =
          new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "upstream reset");
      server.open(1).reset(cause);
      assertThat(server.reset()).isEqualTo(H2Error.CONNECT_ERROR);
      ConnectionRulesTest.open(client).reset(cause);
      assertThat(client.reset()).isEqualTo(H2Error.CANCEL);
    }
  }

  @Test
  void bothEndsTogetherCloseTheStreamInOrder() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      stream.write(zeros(10));
      stream.end();
      assertThat(stream.over).isFalse();
      peer.data(1, "x", true);
      assertThat(stream.over).isTrue();
      assertThat(stream.failure).isNull();
      assertThat(peer.frames(FrameType.RST_STREAM)).isEmpty();
      assertThat(peer.connection.streams()).isZero();
    }
  }

  @Test
  void manyWindowUpdatesForMuchDataAreNoFlood() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      for (int i = 0; i < 20_000; i++) {
        stream.write(zeros(100));
        peer.windowUpdate(0, 50);
        peer.windowUpdate(1, 50);
        peer.windowUpdate(0, 50);
        peer.windowUpdate(1, 50);
      }
      assertThat(peer.closed).isFalse();
    }
  }
}
