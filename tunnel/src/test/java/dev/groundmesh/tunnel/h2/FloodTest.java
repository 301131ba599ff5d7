package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A peer that makes us work for nothing is told to calm down and is cut. */
class FloodTest {
  private final RawPeer peer = RawPeer.ofServer();

  @AfterEach
  void close() {
    peer.close();
  }

  static Stream<Arguments> floods() {
    byte[] emptyPadded = Wire.frame(FrameType.DATA, FrameType.PADDED, 1, new byte[] {1, 0});
    return Stream.of(
        Arguments.of("SETTINGS", ReasonCode.H2_SETTINGS_FLOOD, Wire.times(5000, Wire.settings())),
        Arguments.of("PING", ReasonCode.H2_PING_FLOOD, Wire.times(50_000, Wire.ping(1, false))),
        Arguments.of(
            "answers to no PING",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(50_000, Wire.ping(1, true))),
        Arguments.of(
            "DATA without bytes",
            ReasonCode.H2_EMPTY_FRAMES_FLOOD,
            Wire.times(50_000, Wire.data(1, 0, false))),
        Arguments.of(
            "DATA of padding alone",
            ReasonCode.H2_EMPTY_FRAMES_FLOOD,
            Wire.times(50_000, emptyPadded)),
        Arguments.of(
            "WINDOW_UPDATE of the connection",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(110_000, Wire.windowUpdate(0, 1))),
        Arguments.of(
            "WINDOW_UPDATE of a stream",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(110_000, Wire.windowUpdate(1, 1))),
        Arguments.of(
            "PRIORITY",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(50_000, Wire.frame(FrameType.PRIORITY, 0, 1, new byte[5]))),
        Arguments.of(
            "unknown frames",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(50_000, Wire.frame(0x77, 0, 0))),
        Arguments.of(
            "GOAWAY",
            ReasonCode.H2_CONTROL_FLOOD,
            Wire.times(50_000, Wire.goAway(0, H2Error.NO_ERROR))),
        Arguments.of(
            "CONTINUATION",
            ReasonCode.H2_CONTINUATION_FLOOD,
            Wire.join(
                Wire.frame(FrameType.HEADERS, 0, 3),
                Wire.times(5000, Wire.frame(FrameType.CONTINUATION, 0, 3)))),
        Arguments.of(
            "endless header block",
            ReasonCode.H2_HEADERS_TOO_LARGE,
            Wire.join(
                Wire.frame(FrameType.HEADERS, 0, 3),
                Wire.times(60, Wire.frame(FrameType.CONTINUATION, 0, 3, new byte[16_384])))),
        Arguments.of("requests that are reset at once", ReasonCode.H2_RAPID_RESET, resets()),
        Arguments.of(
            "requests that make us reset them", ReasonCode.H2_CONTROL_FLOOD, faultyRequests()));
  }

  private static byte[] resets() {
    byte[][] parts = new byte[20_000][];
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = Wire.connect(i + 3);
      parts[i + 1] = Wire.reset(i + 3, H2Error.CANCEL);
    }
    return Wire.join(parts);
  }

  private static byte[] faultyRequests() {
    byte[][] parts = new byte[20_000][];
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = Wire.connect(i + 3);
      parts[i + 1] = Wire.windowUpdate(i + 3, 0);
    }
    return Wire.join(parts);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("floods")
  void aFloodIsCutAndNamed(String name, ReasonCode reason, byte[] flood) {
    peer.open(1);

    peer.together(flood);

    assertThat(peer.goAway()).isEqualTo(H2Error.ENHANCE_YOUR_CALM);
    assertThat(peer.transportEnded).isTrue();
    assertThat(peer.closedBy)
        .extracting(StreamFailure::kind, StreamFailure::reason)
        .containsExactly(StreamFailure.Kind.PROTOCOL_ERROR, reason);
    assertThat(peer.streams.getFirst().failure).isEqualTo(peer.closedBy);
  }

  @Test
  void aPeerThatReadsNoAnswersIsCut() {
    peer.unread = 3 << 20;

    peer.together(Wire.ping(1, false));

    assertThat(peer.goAway()).isEqualTo(H2Error.ENHANCE_YOUR_CALM);
  }

  @Test
  void anHonestNumberOfEachIsNoFlood() {
    peer.open(1);

    peer.together(
        Wire.times(50, Wire.settings()),
        Wire.times(500, Wire.ping(1, false)),
        Wire.times(500, Wire.data(1, 0, false)),
        Wire.times(5000, Wire.windowUpdate(1, 1)),
        Wire.times(500, Wire.frame(FrameType.PRIORITY, 0, 1, new byte[5])));

    assertThat(peer.closed).isFalse();
  }

  @Test
  void requestsThatAreAnsweredAndThenResetAreNoFlood() {
    peer.onRequest = () -> peer.streams.getLast().use();

    peer.together(resets());

    assertThat(peer.closed).isFalse();
    assertThat(peer.streams).hasSize(10_000).allMatch(H2Stream::isClosed);
  }

  @Test
  void aSpentBudgetComesBackWithTime() {
    long[] now = {0};
    TokenBucket bucket = new TokenBucket(3, 2, now[0]);
    List<Boolean> taken = Stream.generate(() -> bucket.take(() -> now[0])).limit(4).toList();

    now[0] += 1_000_000_000;

    assertThat(taken).containsExactly(true, true, true, false);
    assertThat(Stream.generate(() -> bucket.take(() -> now[0])).limit(3).toList())
        .containsExactly(true, true, false);
  }
}
