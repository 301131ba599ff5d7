package dev.groundmesh.tunnel.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.h2.RawPeer.Recorded;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The edges of the windows (RFC 9113, section 6.9). */
class FlowControlTest {
  private static final int WINDOW = 65_535;

  /** The smallest windows there are: one stream fills half of its connection's. */
  private final RawPeer peer =
      RawPeer.ofServer(new H2Settings(WINDOW, 2 * WINDOW, 1 << 20, 65_536, 100));

  @AfterEach
  void close() {
    peer.close();
  }

  private Recorded openUnread(int id) {
    Recorded stream = peer.open(id);
    stream.pause();
    return stream;
  }

  @Test
  void aWindowMayBeUsedUpExactly() {
    Recorded stream = openUnread(1);

    peer.together(Wire.data(1, WINDOW, false));

    assertThat(stream.heldBytes()).isEqualTo(WINDOW);
    assertThat(peer.frames()).isEmpty();
  }

  @Test
  void oneByteMoreThanTheStreamsWindowResetsTheStreamAlone() {
    Recorded overrun = openUnread(1);
    Recorded other = peer.open(3);

    peer.together(Wire.data(1, WINDOW, false), Wire.data(1, 1, false), Wire.data(3, 10, false));

    assertThat(peer.reset()).isEqualTo(H2Error.FLOW_CONTROL_ERROR);
    assertThat(overrun.isClosed()).isTrue();
    assertThat(other.data).hasSize(10);
  }

  @Test
  void theConnectionsWindowMayBeUsedUpExactlyAndNotByOneByteMore() {
    openUnread(1);
    openUnread(3);
    openUnread(5);
    peer.together(Wire.data(1, WINDOW, false), Wire.data(3, WINDOW, false));
    assertThat(peer.closed).isFalse();

    peer.together(Wire.data(5, 1, false));

    assertThat(peer.goAway()).isEqualTo(H2Error.FLOW_CONTROL_ERROR);
  }

  @Test
  void oneUnreadStreamDoesNotStopTheOthers() {
    Recorded unread = openUnread(1);
    Recorded other = peer.open(3);
    peer.together(Wire.data(1, WINDOW, false));

    int sent = 0;
    while (sent < 10 * WINDOW) {
      peer.together(Wire.data(3, 16_000, false));
      sent += 16_000;
    }

    assertThat(other.data).hasSize(sent);
    assertThat(unread.heldBytes()).isEqualTo(WINDOW);
    assertThat(peer.closed).isFalse();
  }

  @Test
  void paddingIsPaidForAndGivenBack() {
    peer.open(1);
    byte[] padded = new byte[256];
    padded[0] = (byte) 255;

    peer.together(Wire.times(300, Wire.frame(FrameType.DATA, FrameType.PADDED, 1, padded)));

    assertThat(peer.closed).isFalse();
    assertThat(peer.frames(FrameType.WINDOW_UPDATE))
        .filteredOn(frame -> frame.stream() == 1)
        .extracting(frame -> frame.int32(0))
        .isEqualTo(List.of(16_384, 16_384, 16_384, 16_384));
  }

  @Test
  void aWindowMadeLargerByASettingLetsWaitingDataGo() {
    Recorded stream = peer.open(1);
    peer.windowUpdate(0, 1_000_000);
    stream.write(Unpooled.directBuffer().writeZero(WINDOW + 500));
    peer.frames();

    peer.setting(FrameType.SETTING_INITIAL_WINDOW_SIZE, WINDOW + 500);

    assertThat(peer.frames(FrameType.DATA))
        .singleElement()
        .matches(frame -> frame.payload().length == 500);
  }
}
