package dev.groundmesh.tunnel.proxyprotocol;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class ProxyHeaderTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final ProxyHeader V4 =
      new ProxyHeader(
          new InetSocketAddress("10.0.0.1", 4711),
          new InetSocketAddress("10.0.0.2", 80),
          "spiffe://cluster.local/ns/shop/sa/cart",
          null);

  @Test
  void theBytesAreThoseOfTheSpecification() {
    ByteBuf out = Unpooled.buffer();
    new ProxyHeader(V4.source(), V4.destination(), "ab", "c").encode(out);

    assertThat(ByteBufUtil.hexDump(out))
        .isEqualTo(
            SIGNATURE
                + "2111"
                + "0015"
                + "0a000001"
                + "0a000002"
                + "1267"
                + "0050"
                + "d000026162"
                + "d1000163");
  }

  @Test
  void whatIsWrittenIsReadTheSame() throws ProxyHeaderException {
    ProxyHeader v6 =
        new ProxyHeader(
            new InetSocketAddress("fd00::1", 1),
            new InetSocketAddress("fd00::2", 65535),
            "spiffe://td/ns/n/sa/s",
            "db.shop.svc.cluster.local");
    for (ProxyHeader header : new ProxyHeader[] {V4, v6, new ProxyHeader(null, null, null, null)}) {
      ByteBuf bytes = Unpooled.buffer();
      header.encode(bytes);
      bytes.writeByte('x');

      assertThat(ProxyHeader.decode(bytes)).isEqualTo(header);
      assertThat(bytes.readableBytes()).isEqualTo(1);
    }
  }

  @Test
  void mixedFamiliesAreWrittenAsIpv6() throws ProxyHeaderException {
    ByteBuf bytes = Unpooled.buffer();
    ProxyHeader mixed =
        new ProxyHeader(
            new InetSocketAddress("10.0.0.1", 1), new InetSocketAddress("fd00::2", 2), null, null);
    mixed.encode(bytes);

    assertThat(bytes.getByte(13)).isEqualTo((byte) 0x21);
    assertThat(ProxyHeader.decode(bytes)).isEqualTo(mixed);
  }

  @Test
  void aHeaderThatIsNotAllThereNeedsMoreBytes() throws ProxyHeaderException {
    ByteBuf bytes = Unpooled.buffer();
    V4.encode(bytes);
    for (int length = 0; length < bytes.readableBytes(); length++) {
      ByteBuf part = bytes.slice(0, length);
      assertThat(ProxyHeader.decode(part)).isNull();
      assertThat(part.readableBytes()).isEqualTo(length);
    }
  }

  @Test
  void unknownTlvsAreSkipped() throws ProxyHeaderException {
    ByteBuf bytes =
        hex(
            SIGNATURE
                + "2111"
                + "0014"
                + "0a000001"
                + "0a000002"
                + "0001"
                + "0002"
                + "ee0001ff"
                + "d0000161");

    ProxyHeader header = requireNonNull(ProxyHeader.decode(bytes));

    assertThat(header.sourceIdentity()).isEqualTo("a");
  }

  @Test
  void whatIsNoHeaderIsRefusedAtItsFirstWrongByte() {
    assertRefused("474554202f", "signature");
    assertRefused("0d0a0d0b", "byte 3");
  }

  @Test
  void malformedHeadersAreRefused() {
    assertRefused(SIGNATURE + "11110000", "version and command");
    assertRefused(SIGNATURE + "22110000", "version and command");
    assertRefused(SIGNATURE + "21120000", "family");
    assertRefused(SIGNATURE + "21310000", "family");
    assertRefused(SIGNATURE + "2111000b" + "00".repeat(11), "at least 12");
    assertRefused(SIGNATURE + "2121000c" + "00".repeat(12), "at least 36");
    assertRefused(SIGNATURE + "2111000e" + "00".repeat(12) + "d000", "cut short");
    assertRefused(SIGNATURE + "2111000f" + "00".repeat(12) + "d00001", "TLV 0xd0 length");
    assertRefused(SIGNATURE + "2111ffff", "at most");
  }

  private static void assertRefused(String hex, String says) {
    ByteBuf bytes = hex(hex);
    assertThatThrownBy(() -> ProxyHeader.decode(bytes))
        .isInstanceOf(ProxyHeaderException.class)
        .hasMessageContaining(says);
    assertThat(bytes.readerIndex()).isZero();
  }

  private static ByteBuf hex(String hex) {
    return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
  }
}
