package dev.groundmesh.tunnel.h2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told, and what still happens, at the end of a stream and of a connection. */
class ConnectionEndTest {
  private static final StreamFailure CUT = new StreamFailure(StreamFailure.Kind.SHUTDOWN, "cut");

  /** A server that has named its last stream, which is open. */
  private static RawPeer drained() {
    RawPeer peer = RawPeer.ofServer();
    peer.open(1);
    peer.connection.drain();
    RawPeer.Frame ping =
        peer.frames().stream().filter(f -> f.type() == FrameType.PING).findFirst().orElseThrow();
    peer.frame(FrameType.PING, FrameType.ACK, 0, ping.payload());
    peer.frames();
    return peer;
  }

  @Test
  void aDrainedServerIgnoresNewStreamsAndServesItsOldOnes() {
    try (RawPeer peer = drained()) {
      peer.together(Wire.connect(3), Wire.data(3, 10, false), Wire.data(1, 10, false));

      assertThat(peer.closed).isFalse();
      assertThat(peer.streams).singleElement().matches(stream -> stream.data.length() == 10);
    }
  }

  @Test
  void aListenerThatClosesTheTunnelStopsTheReading() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.onRequest = () -> peer.connection.close(CUT);

      peer.together(Wire.connect(1), Wire.connect(3), Wire.ping(1, false), Wire.settings());

      assertThat(peer.streams).hasSize(1);
      assertThat(peer.frames()).singleElement().matches(f -> f.type() == FrameType.GOAWAY);
    }
  }

  @Test
  void nothingIsReadAfterAFault() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.together(Wire.data(1, 1, false), Wire.connect(1), Wire.ping(1, false));
      peer.together(Wire.connect(3));

      assertThat(peer.streams).isEmpty();
      assertThat(peer.frames()).singleElement().matches(f -> f.type() == FrameType.GOAWAY);
    }
  }

  @Test
  void nothingIsSentOnceTheConnectionIsClosed() {
    try (RawPeer peer = RawPeer.ofServer()) {
      RawPeer.Recorded stream = peer.open(1);
      peer.connection.close(CUT);
      peer.frames();

      stream.write(Unpooled.directBuffer(10).writeZero(10));
      stream.end();
      stream.reset(CUT);
      peer.connection.drain();
      peer.together(Wire.ping(1, false));

      assertThat(peer.frames()).isEmpty();
      assertThat(stream.failure).isEqualTo(CUT);
    }
  }

  @Test
  void framesOnTheirWayToAStreamThatWasJustResetDoNoHarm() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.open(1).reset(CUT);
      peer.frames();

      peer.together(
          Wire.data(1, 5, false),
          Wire.windowUpdate(1, 5),
          Wire.connect(1),
          Wire.data(1, 0, true),
          Wire.reset(1, H2Error.CANCEL));

      assertThat(peer.frames()).isEmpty();
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void dataOnAClosedStreamIsAnsweredWithReset() {
    try (RawPeer peer = RawPeer.ofServer()) {
      RawPeer.Recorded stream = peer.open(1);
      peer.together(Wire.data(1, 0, true));
      stream.end();
      peer.frames();

      peer.together(Wire.data(1, 5, false));

      assertThat(peer.reset()).isEqualTo(H2Error.STREAM_CLOSED);
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void anIdleStreamIsNeverReset() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.frame(FrameType.PRIORITY, 0, 1, new byte[4]);

      List<RawPeer.Frame> frames = peer.frames();
      assertThat(frames).noneMatch(f -> f.type() == FrameType.RST_STREAM);
      assertThat(frames.getLast().int32(4)).isEqualTo(H2Error.FRAME_SIZE_ERROR.code());
    }
  }

  @Test
  void theTextOfAGoAwayIsMadeFitForALog() {
    try (RawPeer peer = RawPeer.ofClient()) {
      RawPeer.Recorded stream = ConnectionRulesTest.open(peer);

      peer.frame(
          FrameType.GOAWAY,
          0,
          0,
          Wire.join(Wire.number(0), Wire.number(2), "a\r\nb\u00ff".getBytes(ISO_8859_1)));

      assertThat(stream.failure)
          .isEqualTo(
              new StreamFailure(StreamFailure.Kind.TUNNEL_LOST, "GOAWAY INTERNAL_ERROR a??b?"));
    }
  }

  @Test
  void aClientOpensNoStreamAfterGoAway() {
    try (RawPeer peer = RawPeer.ofClient()) {
      ConnectionRulesTest.open(peer);

      peer.together(Wire.goAway(Integer.MAX_VALUE, H2Error.NO_ERROR));

      assertThat(peer.connection.canOpen()).isFalse();
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void aServerThatOpensAStreamIsCut() {
    try (RawPeer peer = RawPeer.ofClient()) {
      peer.together(Wire.connect(2));

      assertThat(peer.goAway()).isEqualTo(H2Error.PROTOCOL_ERROR);
    }
  }

  @Test
  void settingsThatNeverComeAreNamed() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.advance(RawPeer.TIMING.settings());

      assertThat(peer.goAway()).isEqualTo(H2Error.SETTINGS_TIMEOUT);
      assertThat(peer.closedBy)
          .extracting(StreamFailure::reason)
          .isEqualTo(ReasonCode.H2_HANDSHAKE_FAILED);
    }
  }

  @Test
  void settingsThatAreNeverAcknowledgedEndTheConnection() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.together(RawPeer.PREFACE, Wire.settings());

      peer.advance(RawPeer.TIMING.settings());

      assertThat(peer.goAway()).isEqualTo(H2Error.SETTINGS_TIMEOUT);
    }
  }

  @Test
  void anotherProtocolIsNamed() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.together("GET / HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1));

      assertThat(peer.closedBy)
          .extracting(StreamFailure::reason)
          .isEqualTo(ReasonCode.H2_HANDSHAKE_FAILED);
    }
  }

  @Test
  void aLostTransportFailsEveryStream() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.open(1);
      peer.open(3);

      peer.connection.onTransportClosed(CUT);

      assertThat(peer.streams).allMatch(stream -> CUT.equals(stream.failure));
    }
  }
}
