package dev.groundmesh.tunnel.proxyprotocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The bytes of the header: haproxy's proxy-protocol.txt, section 2.2. */
final class ProxyCodec {
  private static final byte[] SIGNATURE = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
  };
  private static final int FIXED = 16;
  private static final int VERSION_2 = 0x2;
  private static final int COMMAND_LOCAL = 0x0;
  private static final int COMMAND_PROXY = 0x1;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;
  private static final int TCP4_LENGTH = 12;
  private static final int TCP6_LENGTH = 36;

  private ProxyCodec() {}

  static void encode(ProxyHeader header, ByteBuf out) {
    out.writeBytes(SIGNATURE);
    InetSocketAddress source = header.source();
    InetSocketAddress destination = header.destination();
    boolean local = source == null || destination == null;
    out.writeByte(VERSION_2 << 4 | (local ? COMMAND_LOCAL : COMMAND_PROXY));
    int familyAt = out.writerIndex();
    out.writeByte(0);
    out.writeShort(0);
    if (source != null && destination != null) {
      boolean v4 =
          source.getAddress() instanceof Inet4Address
              && destination.getAddress() instanceof Inet4Address;
      out.setByte(familyAt, v4 ? TCP4 : TCP6);
      writeAddress(out, source.getAddress(), v4);
      writeAddress(out, destination.getAddress(), v4);
      out.writeShort(source.getPort());
      out.writeShort(destination.getPort());
    }
    writeTlv(out, ProxyHeader.TLV_SOURCE_IDENTITY, header.sourceIdentity());
    writeTlv(out, ProxyHeader.TLV_SERVICE, header.service());
    out.setShort(familyAt + 1, out.writerIndex() - familyAt - 3);
  }

  private static void writeAddress(ByteBuf out, InetAddress address, boolean v4) {
    byte[] bytes = address.getAddress();
    if (!v4 && bytes.length == 4) {
      out.writeZero(10);
      out.writeShort(0xffff);
    }
    out.writeBytes(bytes);
  }

  private static void writeTlv(ByteBuf out, int type, @Nullable String value) {
    if (value == null) {
      return;
    }
    out.writeByte(type);
    out.writeShort(ByteBufUtil.utf8Bytes(value));
    ByteBufUtil.writeUtf8(out, value);
  }

  static @Nullable ProxyHeader decode(ByteBuf in) throws ProxyHeaderException {
    int start = in.readerIndex();
    int known = Math.min(in.readableBytes(), SIGNATURE.length);
    for (int i = 0; i < known; i++) {
      if (in.getByte(start + i) != SIGNATURE[i]) {
        throw new ProxyHeaderException(
            "PROXY protocol: byte "
                + i
                + " is not the signature's (expected: a header of version 2)");
      }
    }
    if (in.readableBytes() < FIXED) {
      return null;
    }
    int versionAndCommand = in.getUnsignedByte(start + 12);
    if (versionAndCommand >> 4 != VERSION_2 || (versionAndCommand & 0xf) > COMMAND_PROXY) {
      throw new ProxyHeaderException(
          "PROXY protocol version and command: 0x"
              + Integer.toHexString(versionAndCommand)
              + " (expected: 0x20 or 0x21)");
    }
    int length = in.getUnsignedShort(start + 14);
    if (FIXED + length > ProxyHeader.MAX_LENGTH) {
      throw new ProxyHeaderException(
          "PROXY protocol length: "
              + length
              + " (expected: at most "
              + (ProxyHeader.MAX_LENGTH - FIXED)
              + ")");
    }
    if (in.readableBytes() < FIXED + length) {
      return null;
    }
    ByteBuf body = in.slice(start + FIXED, length);
    ProxyHeader header =
        (versionAndCommand & 0xf) == COMMAND_LOCAL
            ? new ProxyHeader(null, null, null, null)
            : body(in.getUnsignedByte(start + 13), body);
    in.skipBytes(FIXED + length);
    return header;
  }

  private static ProxyHeader body(int family, ByteBuf body) throws ProxyHeaderException {
    int addresses =
        switch (family) {
          case TCP4 -> TCP4_LENGTH;
          case TCP6 -> TCP6_LENGTH;
          default ->
              throw new ProxyHeaderException(
                  "PROXY protocol family: 0x"
                      + Integer.toHexString(family)
                      + " (expected: 0x11 TCP over IPv4 or 0x21 TCP over IPv6)");
        };
    if (body.readableBytes() < addresses) {
      throw new ProxyHeaderException(
          "PROXY protocol length: "
              + body.readableBytes()
              + " (expected: at least "
              + addresses
              + ")");
    }
    int size = family == TCP4 ? 4 : 16;
    InetAddress source = readAddress(body, size);
    InetAddress destination = readAddress(body, size);
    int sourcePort = body.readUnsignedShort();
    int destinationPort = body.readUnsignedShort();
    String identity = null;
    String service = null;
    while (body.isReadable()) {
      if (body.readableBytes() < 3) {
        throw new ProxyHeaderException("PROXY protocol TLV: cut short (expected: type and length)");
      }
      int type = body.readUnsignedByte();
      int length = body.readUnsignedShort();
      if (length > body.readableBytes()) {
        throw new ProxyHeaderException(
            "PROXY protocol TLV 0x"
                + Integer.toHexString(type)
                + " length: "
                + length
                + " (expected: at most "
                + body.readableBytes()
                + ")");
      }
      switch (type) {
        case ProxyHeader.TLV_SOURCE_IDENTITY ->
            identity = body.readString(length, StandardCharsets.UTF_8);
        case ProxyHeader.TLV_SERVICE -> service = body.readString(length, StandardCharsets.UTF_8);
        default -> body.skipBytes(length);
      }
    }
    return new ProxyHeader(
        new InetSocketAddress(source, sourcePort),
        new InetSocketAddress(destination, destinationPort),
        identity,
        service);
  }

  private static InetAddress readAddress(ByteBuf in, int size) {
    byte[] bytes = new byte[size];
    in.readBytes(bytes);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("addresses of " + size + " bytes exist", impossible);
    }
  }
}
