package dev.groundmesh.lab.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PacketsTest {
  @Test
  void textSplitOverTwoSegmentsIsFound() {
    assertThat(
            parse(tcp(4, 100, "the sec"), tcp(4, 107, "ret word"))
                .carried(bytes("the secret word")))
        .isTrue();
  }

  @Test
  void segmentsAreTakenInTheOrderOfTheirSequenceNumbers() {
    assertThat(
            parse(tcp(4, 107, "ret word"), tcp(4, 100, "the sec"))
                .carried(bytes("the secret word")))
        .isTrue();
  }

  @Test
  void aRetransmittedSegmentCountsOnce() {
    assertThat(
            parse(tcp(4, 100, "the sec"), tcp(4, 100, "the sec"), tcp(4, 107, "ret"))
                .carried(bytes("the secret")))
        .isTrue();
  }

  @Test
  void sequenceNumbersWrapAround() {
    assertThat(parse(tcp(4, 0xfffffffeL, "ab"), tcp(4, 0, "cd")).carried(bytes("abcd"))).isTrue();
  }

  @Test
  void ipv6IsRead() {
    assertThat(parse(tcp(6, 1, "hello")).carried(bytes("hello"))).isTrue();
  }

  @Test
  void packetsAreChosenByPort() {
    Packets packets = parse(tcp(4, 1, "hello"));

    assertThat(packets.ofPort(8080).payloadBytes()).isEqualTo(5);
    assertThat(packets.ofPort(15008).list()).isEmpty();
  }

  @Test
  void aRecordThatIsCutOffIsLeftOut() {
    byte[] file = file(tcp(4, 1, "hello"), tcp(4, 6, "world"));

    assertThat(Packets.parse(Arrays.copyOf(file, file.length - 1)).list()).hasSize(1);
  }

  @Test
  void otherFilesAreRefused() {
    assertThatThrownBy(() -> Packets.parse(new byte[100]))
        .hasMessageContaining("(expected: a pcap file)");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static Packets parse(byte[]... frames) {
    return Packets.parse(file(frames));
  }

  private static byte[] file(byte[]... frames) {
    var file = new ByteArrayOutputStream();
    file.writeBytes(
        ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putInt(0xa1b2c3d4).array());
    for (byte[] frame : frames) {
      file.writeBytes(
          ByteBuffer.allocate(16)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(0)
              .putInt(frame.length)
              .putInt(frame.length)
              .array());
      file.writeBytes(frame);
    }
    return file.toByteArray();
  }

  /** An Ethernet frame with a segment from port 40000 to port 8080. */
  private static byte[] tcp(int version, long sequence, String payload) {
    int ipHeader = version == 4 ? 20 : 40;
    int length = 20 + payload.length();
    ByteBuffer frame = ByteBuffer.allocate(14 + ipHeader + length);
    frame.putShort(12, (short) (version == 4 ? 0x0800 : 0x86dd));
    if (version == 4) {
      frame.put(14, (byte) 0x45).putShort(16, (short) (ipHeader + length)).put(23, (byte) 6);
    } else {
      frame.put(14, (byte) 0x60).putShort(18, (short) length).put(20, (byte) 6);
    }
    int tcp = 14 + ipHeader;
    frame.putShort(tcp, (short) 40_000).putShort(tcp + 2, (short) 8080);
    frame.putInt(tcp + 4, (int) sequence).put(tcp + 12, (byte) 0x50);
    frame.put(tcp + 20, bytes(payload));
    return frame.array();
  }
}
