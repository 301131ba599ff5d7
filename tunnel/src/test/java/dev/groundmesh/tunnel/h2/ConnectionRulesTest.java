package dev.groundmesh.tunnel.h2;

import static dev.groundmesh.tunnel.h2.RawPeer.int32;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.RawPeer.Frame;
import dev.groundmesh.tunnel.h2.RawPeer.Recorded;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of RFC 9113 for connections, each with a peer that keeps or breaks it. */
class ConnectionRulesTest {
  private static Arguments rule(String name, H2Error expected, Consumer<RawPeer> breach) {
    return Arguments.of(name, expected, breach);
  }

  /** Breaches that end the connection, and the code that says so. */
  static Stream<Arguments> connectionErrors() {
    return Stream.of(
        rule("DATA on stream 0", H2Error.PROTOCOL_ERROR, p -> p.data(0, "x", false)),
        rule("DATA on an idle stream", H2Error.PROTOCOL_ERROR, p -> p.data(7, "x", false)),
        rule(
            "DATA with padding longer than itself",
            H2Error.PROTOCOL_ERROR,
            p -> {
              p.open(1);
              p.frame(FrameType.DATA, FrameType.PADDED, 1, new byte[] {5, 0, 0});
            }),
        rule(
            "padded DATA without a pad length",
            H2Error.FRAME_SIZE_ERROR,
            p -> {
              p.open(1);
              p.frame(FrameType.DATA, FrameType.PADDED, 1);
            }),
        rule(
            "a frame larger than allowed",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.header((1 << 20) + 1, FrameType.DATA, 0, 1)),
        rule(
            "HEADERS on stream 0",
            H2Error.PROTOCOL_ERROR,
            p ->
                p.frame(
                    FrameType.HEADERS, FrameType.END_HEADERS, 0, p.block(RawPeer.connect("a:1")))),
        rule(
            "HEADERS on an even stream",
            H2Error.PROTOCOL_ERROR,
            p ->
                p.frame(
                    FrameType.HEADERS, FrameType.END_HEADERS, 2, p.block(RawPeer.connect("a:1")))),
        rule(
            "HEADERS on a stream older than the last",
            H2Error.STREAM_CLOSED,
            p -> {
              p.open(5);
              p.frame(FrameType.HEADERS, FrameType.END_HEADERS, 3, p.block(RawPeer.connect("a:1")));
            }),
        rule(
            "HEADERS with padding longer than itself",
            H2Error.PROTOCOL_ERROR,
            p ->
                p.frame(
                    FrameType.HEADERS,
                    FrameType.END_HEADERS | FrameType.PADDED,
                    1,
                    new byte[] {9, 0})),
        rule(
            "padded HEADERS without a pad length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.HEADERS, FrameType.END_HEADERS | FrameType.PADDED, 1)),
        rule(
            "HEADERS too short for their priority",
            H2Error.FRAME_SIZE_ERROR,
            p ->
                p.frame(
                    FrameType.HEADERS,
                    FrameType.END_HEADERS | FrameType.PRIORITY_FLAG,
                    1,
                    new byte[4])),
        rule(
            "a header block that is no HPACK",
            H2Error.COMPRESSION_ERROR,
            p -> p.frame(FrameType.HEADERS, FrameType.END_HEADERS, 1, new byte[] {(byte) 0xff, 7})),
        rule(
            "a frame between HEADERS and CONTINUATION",
            H2Error.PROTOCOL_ERROR,
            p -> {
              p.frame(FrameType.HEADERS, 0, 1, p.block(RawPeer.connect("a:1")));
              p.frame(FrameType.PING, 0, 0, new byte[8]);
            }),
        rule(
            "CONTINUATION of another stream",
            H2Error.PROTOCOL_ERROR,
            p -> {
              p.frame(FrameType.HEADERS, 0, 1, p.block(RawPeer.connect("a:1")));
              p.frame(FrameType.CONTINUATION, FrameType.END_HEADERS, 3);
            }),
        rule(
            "CONTINUATION without HEADERS",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.CONTINUATION, FrameType.END_HEADERS, 1)),
        rule(
            "a flood of CONTINUATION",
            H2Error.ENHANCE_YOUR_CALM,
            p -> {
              p.frame(FrameType.HEADERS, 0, 1);
              for (int i = 0; i < 100 && !p.closed; i++) {
                p.frame(FrameType.CONTINUATION, 0, 1);
              }
            }),
        rule(
            "a header block without end",
            H2Error.ENHANCE_YOUR_CALM,
            p -> {
              p.frame(FrameType.HEADERS, 0, 1);
              for (int i = 0; i < 50 && !p.closed; i++) {
                p.frame(FrameType.CONTINUATION, 0, 1, new byte[16_384]);
              }
            }),
        rule("PRIORITY on stream 0", H2Error.PROTOCOL_ERROR, p -> p.frame(2, 0, 0, new byte[5])),
        rule(
            "RST_STREAM on stream 0",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.RST_STREAM, 0, 0, int32(8))),
        rule(
            "RST_STREAM on an idle stream",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.RST_STREAM, 0, 9, int32(8))),
        rule(
            "RST_STREAM of a wrong length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.RST_STREAM, 0, 1, new byte[3])),
        rule(
            "SETTINGS on a stream", H2Error.PROTOCOL_ERROR, p -> p.frame(FrameType.SETTINGS, 0, 1)),
        rule(
            "SETTINGS of a wrong length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.SETTINGS, 0, 0, new byte[5])),
        rule(
            "an acknowledgement with settings",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.SETTINGS, FrameType.ACK, 0, new byte[6])),
        rule(
            "an acknowledgement too many",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.SETTINGS, FrameType.ACK, 0)),
        rule("ENABLE_PUSH of 2", H2Error.PROTOCOL_ERROR, p -> p.setting(2, 2)),
        rule(
            "INITIAL_WINDOW_SIZE past 2^31-1",
            H2Error.FLOW_CONTROL_ERROR,
            p -> p.setting(4, 0x8000_0000L)),
        rule("MAX_FRAME_SIZE too small", H2Error.PROTOCOL_ERROR, p -> p.setting(5, 16_383)),
        rule("MAX_FRAME_SIZE too large", H2Error.PROTOCOL_ERROR, p -> p.setting(5, 1 << 24)),
        rule(
            "PUSH_PROMISE",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.PUSH_PROMISE, FrameType.END_HEADERS, 1, new byte[4])),
        rule(
            "PING on a stream",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.PING, 0, 1, new byte[8])),
        rule(
            "PING of a wrong length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.PING, 0, 0, new byte[7])),
        rule(
            "GOAWAY on a stream",
            H2Error.PROTOCOL_ERROR,
            p -> p.frame(FrameType.GOAWAY, 0, 1, new byte[8])),
        rule(
            "GOAWAY too short",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.GOAWAY, 0, 0, new byte[7])),
        rule(
            "WINDOW_UPDATE of a wrong length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.WINDOW_UPDATE, 0, 0, new byte[5])),
        rule(
            "WINDOW_UPDATE by 0 for the connection",
            H2Error.PROTOCOL_ERROR,
            p -> p.windowUpdate(0, 0)),
        rule(
            "WINDOW_UPDATE past 2^31-1 for the connection",
            H2Error.FLOW_CONTROL_ERROR,
            p -> p.windowUpdate(0, Integer.MAX_VALUE)),
        rule("WINDOW_UPDATE on an idle stream", H2Error.PROTOCOL_ERROR, p -> p.windowUpdate(11, 1)),
        rule(
            "INITIAL_WINDOW_SIZE that carries a stream past 2^31-1",
            H2Error.FLOW_CONTROL_ERROR,
            p -> {
              p.open(1);
              p.windowUpdate(1, Integer.MAX_VALUE - 65_535);
              p.setting(4, 65_536);
            }),
        rule(
            "more bytes than the connection's window",
            H2Error.FLOW_CONTROL_ERROR,
            p -> {
              for (int i = 0; i < 5; i++) {
                p.open(1 + 2 * i).pause();
              }
              byte[] megabyte = new byte[1 << 20];
              for (int i = 0; i < 17 && !p.closed; i++) {
                p.frame(FrameType.DATA, 0, 1 + 2 * (i / 4), megabyte);
              }
            }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("connectionErrors")
  void connectionEndsOn(String name, H2Error expected, Consumer<RawPeer> breach) {
    try (RawPeer peer = RawPeer.ofServer()) {
      breach.accept(peer);
      assertThat(peer.goAway()).isEqualTo(expected);
      assertThat(peer.transportEnded).isTrue();
      assertThat(peer.closedBy).isNotNull();
    }
  }

  @ParameterizedTest(name = "{0}, byte by byte")
  @MethodSource("connectionErrors")
  void connectionEndsAlikeWhenBytesComeSingly(
      String name, H2Error expected, Consumer<RawPeer> breach) {
    if (expected == H2Error.ENHANCE_YOUR_CALM || name.startsWith("more bytes")) {
      return;
    }
    try (RawPeer peer = RawPeer.ofServer().inPieces()) {
      breach.accept(peer);
      assertThat(peer.goAway()).isEqualTo(expected);
    }
  }

  /** Breaches that end one stream and leave the connection alone. */
  static Stream<Arguments> streamErrors() {
    return Stream.of(
        rule(
            "DATA after END_STREAM",
            H2Error.STREAM_CLOSED,
            p -> {
              p.data(1, "a", true);
              p.data(1, "b", false);
            }),
        rule(
            "HEADERS after END_STREAM",
            H2Error.STREAM_CLOSED,
            p -> {
              p.data(1, "a", true);
              p.frame(
                  FrameType.HEADERS,
                  FrameType.END_HEADERS,
                  1,
                  p.block(new DefaultHttp2Headers().add("a", "b")));
            }),
        rule("WINDOW_UPDATE by 0", H2Error.PROTOCOL_ERROR, p -> p.windowUpdate(1, 0)),
        rule(
            "WINDOW_UPDATE past 2^31-1",
            H2Error.FLOW_CONTROL_ERROR,
            p -> p.windowUpdate(1, Integer.MAX_VALUE)),
        rule(
            "PRIORITY of a wrong length",
            H2Error.FRAME_SIZE_ERROR,
            p -> p.frame(FrameType.PRIORITY, 0, 1, new byte[4])),
        rule(
            "more bytes than the stream's window",
            H2Error.FLOW_CONTROL_ERROR,
            p -> {
              p.streams.getFirst().pause();
              for (int i = 0; i < 5; i++) {
                p.frame(FrameType.DATA, 0, 1, new byte[1 << 20]);
              }
            }),
        rule(
            "headers with a name in capitals",
            H2Error.PROTOCOL_ERROR,
            p ->
                p.frame(
                    FrameType.HEADERS,
                    FrameType.END_HEADERS,
                    3,
                    p.block(new DefaultHttp2Headers(false).method("CONNECT").add("Bad", "x")))),
        rule(
            "more streams than allowed",
            H2Error.REFUSED_STREAM,
            p -> {
              for (int i = 1; i <= 200; i++) {
                p.frame(
                    FrameType.HEADERS,
                    FrameType.END_HEADERS,
                    2 * i + 1,
                    p.block(RawPeer.connect("a:1")));
              }
            }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streamErrors")
  void streamEndsOn(String name, H2Error expected, Consumer<RawPeer> breach) {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.open(1);
      peer.frames();
      breach.accept(peer);
      assertThat(peer.reset()).isEqualTo(expected);
      assertThat(peer.closed).isFalse();
      peer.frame(FrameType.PING, 0, 0, new byte[8]);
      assertThat(peer.frames(FrameType.PING)).hasSize(1);
    }
  }

  @Test
  void otherProtocolIsNotAnsweredAsHttp2() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.raw(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", StandardCharsets.US_ASCII));
      assertThat(peer.goAway()).isEqualTo(H2Error.PROTOCOL_ERROR);
    }
  }

  @Test
  void firstFrameMustBeSettings() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.raw(Unpooled.copiedBuffer(RawPeer.PREFACE));
      peer.frame(FrameType.PING, 0, 0, new byte[8]);
      assertThat(peer.goAway()).isEqualTo(H2Error.PROTOCOL_ERROR);
    }
  }

  @Test
  void serverOffersIstiosSettings() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      List<Frame> frames = peer.frames();
      Frame settings = frames.get(0);
      assertThat(settings.type()).isEqualTo(FrameType.SETTINGS);
      assertThat(settings.payload())
          .isEqualTo(
              new byte[] {
                0,
                3,
                0,
                0,
                0,
                (byte) 200,
                0,
                4,
                0,
                0x40,
                0,
                0,
                0,
                5,
                0,
                0x10,
                0,
                0,
                0,
                6,
                0,
                1,
                0,
                0
              });
      assertThat(frames.get(1).type()).isEqualTo(FrameType.WINDOW_UPDATE);
      assertThat(frames.get(1).int32(0)).isEqualTo((16 << 20) - 65_535);
    }
  }

  @Test
  void settingsAreAcknowledged() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.setting(4, 100_000);
      assertThat(peer.frames(FrameType.SETTINGS))
          .singleElement()
          .matches(f -> f.has(FrameType.ACK));
    }
  }

  @Test
  void unknownSettingsAndFramesAreIgnored() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.setting(0x77, 12);
      peer.frame(0xee, 0xff, 3, new byte[100]);
      peer.frame(FrameType.PRIORITY, 0, 1, new byte[5]);
      Recorded stream = peer.open(1);
      peer.data(1, "still here", false);
      assertThat(stream.data).hasToString("still here");
    }
  }

  @Test
  void pingIsAnsweredWithItsPayload() {
    try (RawPeer peer = RawPeer.ofServer()) {
      byte[] payload = {1, 2, 3, 4, 5, 6, 7, 8};
      peer.frame(FrameType.PING, 0, 0, payload);
      Frame pong = peer.frames(FrameType.PING).getFirst();
      assertThat(pong.has(FrameType.ACK)).isTrue();
      assertThat(pong.payload()).isEqualTo(payload);
    }
  }

  @Test
  void headersInManyFramesAreOneBlock() {
    try (RawPeer peer = RawPeer.ofServer()) {
      byte[] block = peer.block(RawPeer.connect("10.0.0.9:8080").add("baggage", "k=v"));
      peer.frame(FrameType.HEADERS, 0, 1, Arrays.copyOfRange(block, 0, 3));
      peer.frame(FrameType.CONTINUATION, 0, 1);
      peer.frame(FrameType.CONTINUATION, 0, 1, Arrays.copyOfRange(block, 3, 5));
      peer.frame(
          FrameType.CONTINUATION,
          FrameType.END_HEADERS,
          1,
          Arrays.copyOfRange(block, 5, block.length));
      assertThat(peer.streams.getFirst().headers.getFirst().authority())
          .hasToString("10.0.0.9:8080");
    }
  }

  @Test
  void paddingAndPriorityOfHeadersAreSkipped() {
    try (RawPeer peer = RawPeer.ofServer()) {
      byte[] block = peer.block(RawPeer.connect("a:1"));
      byte[] payload = new byte[1 + 5 + block.length + 4];
      payload[0] = 4;
      System.arraycopy(block, 0, payload, 6, block.length);
      peer.frame(
          FrameType.HEADERS,
          FrameType.END_HEADERS | FrameType.PADDED | FrameType.PRIORITY_FLAG,
          1,
          payload);
      assertThat(peer.streams.getFirst().headers.getFirst().authority()).hasToString("a:1");
    }
  }

  @Test
  void headerListLargerThanAllowedEndsItsStreamAlone() {
    try (RawPeer peer = RawPeer.ofServer()) {
      peer.frame(
          FrameType.HEADERS,
          FrameType.END_HEADERS,
          1,
          peer.block(RawPeer.connect("a:1").add("x", "y".repeat(66_000))));
      assertThat(peer.reset()).isEqualTo(H2Error.PROTOCOL_ERROR);
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void silentPeerIsGivenUp() {
    try (RawPeer peer = RawPeer.silentOfServer()) {
      peer.frames();
      peer.advance(Duration.ofSeconds(11));
      assertThat(peer.frames())
          .filteredOn(f -> f.type() == FrameType.GOAWAY)
          .singleElement()
          .matches(f -> f.int32(4) == H2Error.SETTINGS_TIMEOUT.code());
    }
  }

  @Test
  void idleConnectionIsPingedAndKeptWhileItAnswers() {
    try (RawPeer peer = RawPeer.ofServer()) {
      for (int i = 0; i < 5; i++) {
        peer.advance(Duration.ofSeconds(10));
        List<Frame> pings = peer.frames(FrameType.PING);
        assertThat(pings).hasSize(1);
        peer.frame(FrameType.PING, FrameType.ACK, 0, pings.getFirst().payload());
      }
      assertThat(peer.closed).isFalse();
    }
  }

  @Test
  void unansweredPingClosesConnectionAndItsStreams() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded stream = peer.open(1);
      peer.advance(Duration.ofSeconds(10));
      peer.advance(Duration.ofSeconds(19));
      assertThat(peer.closed).isFalse();
      peer.advance(Duration.ofSeconds(1));
      assertThat(peer.closed).isTrue();
      assertThat(stream.failure)
          .isEqualTo(
              new StreamFailure(
                  StreamFailure.Kind.TUNNEL_LOST,
                  "no answer to PING in 20000 ms",
                  ReasonCode.TUNNEL_PING_TIMEOUT));
    }
  }

  @Test
  void drainingServerFinishesStreamsThenCloses() {
    try (RawPeer peer = RawPeer.ofServer()) {
      Recorded first = peer.open(1);
      peer.connection.drain();
      List<Frame> frames = peer.frames();
      assertThat(frames.get(0).type()).isEqualTo(FrameType.GOAWAY);
      assertThat(frames.get(0).int32(0)).isEqualTo(Integer.MAX_VALUE);
      Recorded second = peer.open(3);
      peer.frame(FrameType.PING, FrameType.ACK, 0, frames.get(1).payload());
      Frame last = peer.frames(FrameType.GOAWAY).getFirst();
      assertThat(last.int32(0)).isEqualTo(3);
      peer.frame(FrameType.HEADERS, FrameType.END_HEADERS, 5, peer.block(RawPeer.connect("a:1")));
      assertThat(peer.streams).hasSize(2);
      for (Recorded stream : List.of(first, second)) {
        assertThat(peer.closed).isFalse();
        peer.data(stream.id(), "bye", true);
        stream.end();
        peer.run();
        assertThat(stream.failure).isNull();
      }
      assertThat(peer.closed).isTrue();
      assertThat(peer.closedBy).isNull();
      assertThat(peer.transportEnded).isTrue();
    }
  }

  @Test
  void goAwayKeepsOlderStreamsAndFailsNewerOnes() {
    try (RawPeer peer = RawPeer.ofClient()) {
      List<Recorded> opened = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        opened.add(open(peer));
      }
      peer.frame(FrameType.GOAWAY, 0, 0, int32(3, 0));
      assertThat(peer.connection.canOpen()).isFalse();
      assertThat(opened.get(0).over).isFalse();
      assertThat(opened.get(1).over).isFalse();
      assertThat(opened.get(2).over).isTrue();
      opened.get(0).reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "x"));
      opened.get(1).reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "x"));
      assertThat(peer.closed).isTrue();
      assertThat(peer.closedBy).isNull();
    }
  }

  @Test
  void clientKeepsToTheLowerLimitOfStreams() {
    try (RawPeer peer = RawPeer.ofClient()) {
      peer.setting(FrameType.SETTING_MAX_CONCURRENT_STREAMS, 2);
      Recorded first = open(peer);
      open(peer);
      assertThat(peer.connection.canOpen()).isFalse();
      first.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "x"));
      assertThat(peer.connection.canOpen()).isTrue();
      peer.setting(FrameType.SETTING_MAX_CONCURRENT_STREAMS, 10_000);
      while (peer.connection.canOpen()) {
        open(peer);
      }
      assertThat(peer.connection.streams()).isEqualTo(100);
    }
  }

  @Test
  void serverMayNotPush() {
    try (RawPeer peer = RawPeer.ofClient()) {
      peer.setting(FrameType.SETTING_ENABLE_PUSH, 1);
      assertThat(peer.goAway()).isEqualTo(H2Error.PROTOCOL_ERROR);
    }
  }

  static Recorded open(RawPeer peer) {
    Recorded stream = new Recorded(peer.connection, peer.connection.nextStreamId());
    try {
      peer.connection.open(stream, RawPeer.connect("10.0.0.1:80"));
    } catch (io.netty.handler.codec.http2.Http2Exception e) {
      throw new IllegalStateException(e);
    }
    stream.use();
    return stream;
  }
}
