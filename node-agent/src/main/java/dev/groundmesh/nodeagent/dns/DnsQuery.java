package dev.groundmesh.nodeagent.dns;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The one question of a DNS query (RFC 1035 section 4.1).
 *
 * @param id the client's transaction id
 * @param flags the header's second word as received
 * @param name lower case, without the last dot; the root is the empty string
 * @param plainName whether the name is made of letters, digits, hyphens and underscores only, so
 *     that its text form is unambiguous
 * @param type the record type asked for
 * @param recordClass 1 for the Internet
 * @param questionLength bytes of the question section, which starts at offset 12
 * @param maxUdpAnswer bytes that the client takes over UDP (RFC 6891 section 6.2.3), at least 512
 */
record DnsQuery(
    int id,
    int flags,
    String name,
    boolean plainName,
    int type,
    int recordClass,
    int questionLength,
    int maxUdpAnswer) {
  static final int TYPE_A = 1;
  static final int TYPE_CNAME = 5;
  static final int TYPE_AAAA = 28;
  static final int TYPE_OPT = 41;
  static final int CLASS_IN = 1;

  static final int HEADER_LENGTH = 12;
  static final int FLAG_RESPONSE = 0x8000;
  static final int FLAG_AUTHORITATIVE = 0x0400;
  static final int FLAG_TRUNCATED = 0x0200;
  static final int FLAG_RECURSION_DESIRED = 0x0100;
  static final int FLAG_RECURSION_AVAILABLE = 0x0080;
  static final int OPCODE_MASK = 0x7800;

  private static final int MAX_NAME_LENGTH = 255;
  private static final int MIN_UDP_ANSWER = 512;
  static final int MAX_UDP_ANSWER = 4096;

  /** Whether the question is one that the mesh itself may answer. */
  boolean asksForAddress() {
    return recordClass == CLASS_IN && plainName && (type == TYPE_A || type == TYPE_AAAA);
  }

  /** The type's usual name, or RFC 3597's form for those that this proxy has no name for. */
  String typeName() {
    return switch (type) {
      case TYPE_A -> "A";
      case TYPE_AAAA -> "AAAA";
      case 2 -> "NS";
      case TYPE_CNAME -> "CNAME";
      case 6 -> "SOA";
      case 12 -> "PTR";
      case 15 -> "MX";
      case 16 -> "TXT";
      case 33 -> "SRV";
      case 64 -> "SVCB";
      case 65 -> "HTTPS";
      case 255 -> "ANY";
      default -> "TYPE" + type;
    };
  }

  /**
   * Reads a query without consuming the buffer.
   *
   * @throws MalformedDnsException saying what is wrong with it
   */
  static DnsQuery parse(ByteBuf message) throws MalformedDnsException {
    int start = message.readerIndex();
    int length = message.readableBytes();
    if (length < HEADER_LENGTH) {
      throw new MalformedDnsException("length: " + length + " (expected: 12 or more)");
    }
    int flags = message.getUnsignedShort(start + 2);
    if ((flags & FLAG_RESPONSE) != 0) {
      throw new MalformedDnsException("QR: 1 (expected: 0, a query)");
    }
    int questions = message.getUnsignedShort(start + 4);
    if (questions != 1) {
      throw new MalformedDnsException("QDCOUNT: " + questions + " (expected: 1)");
    }
    StringBuilder name = new StringBuilder();
    boolean plain = true;
    int end = start + length;
    int position = start + HEADER_LENGTH;
    while (true) {
      if (position >= end) {
        throw new MalformedDnsException("QNAME: ends at the end of the message");
      }
      int labelLength = message.getUnsignedByte(position++);
      if (labelLength == 0) {
        break;
      }
      if (labelLength > 63) {
        throw new MalformedDnsException(
            "QNAME label length: " + labelLength + " (expected: 1 to 63, no compression)");
      }
      if (position + labelLength > end) {
        throw new MalformedDnsException("QNAME: label beyond the end of the message");
      }
      if (position + labelLength - start - HEADER_LENGTH + 1 > MAX_NAME_LENGTH) {
        throw new MalformedDnsException("QNAME: longer than 255 bytes");
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      for (int i = 0; i < labelLength; i++) {
        int c = message.getUnsignedByte(position + i);
        if (c >= 'A' && c <= 'Z') {
          c += 'a' - 'A';
        }
        plain &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        name.append((char) c);
      }
      position += labelLength;
    }
    if (position + 4 > end) {
      throw new MalformedDnsException("question: QTYPE or QCLASS missing");
    }
    return new DnsQuery(
        message.getUnsignedShort(start),
        flags,
        name.toString(),
        plain,
        message.getUnsignedShort(position),
        message.getUnsignedShort(position + 2),
        position + 4 - start - HEADER_LENGTH,
        maxUdpAnswer(message, start, position + 4, end));
  }

  /**
   * The payload size of an OPT record that directly follows the question, as every resolver sends
   * it.
   */
  private static int maxUdpAnswer(ByteBuf message, int start, int position, int end) {
    boolean onlyAdditional =
        message.getUnsignedShort(start + 6) == 0
            && message.getUnsignedShort(start + 8) == 0
            && message.getUnsignedShort(start + 10) >= 1;
    if (onlyAdditional
        && position + 5 <= end
        && message.getByte(position) == 0
        && message.getUnsignedShort(position + 1) == TYPE_OPT) {
      return Math.clamp(message.getUnsignedShort(position + 3), MIN_UDP_ANSWER, MAX_UDP_ANSWER);
    }
    return MIN_UDP_ANSWER;
  }

  /** Bytes of {@code name} on the wire, in the ISO-8859-1 form that {@link #parse} keeps. */
  static void writeName(ByteBuf out, String name) {
    if (!name.isEmpty()) {
      for (String label : name.split("\\.", -1)) {
        out.writeByte(label.length());
        out.writeCharSequence(label, StandardCharsets.ISO_8859_1);
      }
    }
    out.writeByte(0);
  }
}
