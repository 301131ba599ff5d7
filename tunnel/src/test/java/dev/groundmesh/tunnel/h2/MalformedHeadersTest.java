package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Header lists that RFC 9113, section 8, forbids, and header blocks at the edge of our bound. */
class MalformedHeadersTest {
  private static final int LARGEST_BLOCK = H2Settings.SERVER.maxHeaderListSize() + 16_384;

  private final RawPeer peer = RawPeer.ofServer();

  @AfterEach
  void close() {
    peer.close();
  }

  private void request(int stream, byte[] block) {
    peer.frame(FrameType.HEADERS, FrameType.END_HEADERS, stream, block);
  }

  static Stream<Arguments> malformed() {
    return Stream.<Consumer<DefaultHttp2Headers>>of(
            h -> h.add(":authority", "a:1").add(":authority", "b:1"),
            h -> h.add(":method", "CONNECT"),
            h -> h.add(":status", "200"),
            h -> h.add(":unknown", "1"),
            h -> h.add("X-Upper", "1"),
            h -> h.add("connection", "close"),
            h -> h.add("te", "gzip"))
        .map(
            change -> {
              DefaultHttp2Headers headers = new DefaultHttp2Headers(false);
              headers.method("CONNECT");
              change.accept(headers);
              return Arguments.of(headers.toString(), Wire.block(headers));
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void malformedHeadersResetTheirStreamAlone(String name, byte[] block) {
    request(1, block);

    assertThat(peer.reset()).isEqualTo(H2Error.PROTOCOL_ERROR);
    assertThat(peer.streams).isEmpty();
    assertThat(peer.refused).containsExactly(ReasonCode.HEADERS_MALFORMED);
    assertThat(peer.open(3).isClosed()).isFalse();
  }

  @Test
  void malformedTrailersResetTheirStreamAndRefuseNoOther() {
    RawPeer.Recorded stream = peer.open(1);

    request(1, Wire.block(new DefaultHttp2Headers(false).add("X-Upper", "1")));

    assertThat(peer.reset()).isEqualTo(H2Error.PROTOCOL_ERROR);
    assertThat(stream.isClosed()).isTrue();
    assertThat(peer.refused).isEmpty();
  }

  @Test
  void aPseudoHeaderAfterOthersResetsItsStreamAlone() {
    request(
        1,
        Wire.join(
            Wire.block(new DefaultHttp2Headers().method("CONNECT").add("x", "1")),
            Wire.block(new DefaultHttp2Headers().authority("a:1"))));

    assertThat(peer.reset()).isEqualTo(H2Error.PROTOCOL_ERROR);
    assertThat(peer.streams).isEmpty();
    assertThat(peer.closed).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 255, 1, 0})
  void aHeaderBlockUpToTheLargestSizeWaitsForItsEnd(int less) {
    peer.frame(FrameType.HEADERS, 0, 1, new byte[LARGEST_BLOCK - less]);

    assertThat(peer.closed).isFalse();
  }

  @Test
  void aHeaderBlockBeyondTheLargestSizeIsNamed() {
    peer.frame(FrameType.HEADERS, 0, 1, new byte[LARGEST_BLOCK]);
    peer.frame(FrameType.CONTINUATION, 0, 1, new byte[1]);

    assertThat(peer.goAway()).isEqualTo(H2Error.ENHANCE_YOUR_CALM);
    assertThat(peer.closedBy)
        .extracting(StreamFailure::reason)
        .isEqualTo(ReasonCode.H2_HEADERS_TOO_LARGE);
  }

  @Test
  void theHeadersOfARefusedStreamStillTeachTheDecoder() {
    DefaultHttp2Headers bad = new DefaultHttp2Headers(false);
    bad.method("CONNECT").authority("a:1").add("x-learned", "value").add("connection", "close");
    request(1, peer.block(bad));
    DefaultHttp2Headers good = new DefaultHttp2Headers();
    good.method("CONNECT").authority("a:1").add("x-learned", "value");

    request(3, peer.block(good));

    assertThat(peer.streams.getLast().headers.getFirst().get("x-learned")).hasToString("value");
  }
}
