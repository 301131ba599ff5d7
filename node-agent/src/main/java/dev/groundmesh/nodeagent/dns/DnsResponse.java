package dev.groundmesh.nodeagent.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetAddress;

/** Writes the proxy's own answers (RFC 1035 section 4.1). */
final class DnsResponse {
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int REFUSED = 5;

  /** Seconds, as ztunnel answers: short enough that a changed Service is soon seen. */
  private static final int TTL_SECONDS = 30;

  private static final int POINTER_TO_QUESTION = 0xc000 | DnsQuery.HEADER_LENGTH;

  private DnsResponse() {}

  /**
   * The answer with the addresses given.
   *
   * @param request the query as received, whose question is repeated
   * @param maxLength bytes; an answer that would be longer is cut at a record and marked as
   *     truncated, so that the client asks again over TCP
   */
  static ByteBuf of(
      ByteBufAllocator allocator,
      ByteBuf request,
      DnsQuery query,
      DnsAnswer.Known answer,
      int maxLength) {
    ByteBuf out = header(allocator, request, query, DnsQuery.FLAG_AUTHORITATIVE);
    int records = 0;
    boolean truncated = false;
    int owner = POINTER_TO_QUESTION;
    if (!answer.canonicalName().isEmpty() && !answer.addresses().isEmpty()) {
      startRecord(out, owner, DnsQuery.TYPE_CNAME);
      int lengthAt = out.writerIndex();
      out.writeShort(0);
      owner = 0xc000 | out.writerIndex();
      DnsQuery.writeName(out, answer.canonicalName());
      out.setShort(lengthAt, out.writerIndex() - lengthAt - 2);
      records++;
    }
    for (InetAddress address : answer.addresses()) {
      byte[] bytes = address.getAddress();
      if (out.readableBytes() + 12 + bytes.length > maxLength) {
        truncated = true;
        break;
      }
      startRecord(out, owner, query.type());
      out.writeShort(bytes.length).writeBytes(bytes);
      records++;
    }
    out.setShort(6, records);
    if (truncated) {
      out.setShort(2, out.getUnsignedShort(2) | DnsQuery.FLAG_TRUNCATED);
    }
    return out;
  }

  /** An answer without records that carries an error code. */
  static ByteBuf error(ByteBufAllocator allocator, ByteBuf request, DnsQuery query, int code) {
    ByteBuf out = header(allocator, request, query, 0);
    out.setShort(2, out.getUnsignedShort(2) | code);
    return out;
  }

  /** FORMERR to a message of which only the id could be read. */
  static ByteBuf malformed(ByteBufAllocator allocator, int id) {
    ByteBuf out = allocator.directBuffer(DnsQuery.HEADER_LENGTH);
    return out.writeShort(id)
        .writeShort(DnsQuery.FLAG_RESPONSE | DnsQuery.FLAG_RECURSION_AVAILABLE | FORMAT_ERROR)
        .writeZero(8);
  }

  private static ByteBuf header(
      ByteBufAllocator allocator, ByteBuf request, DnsQuery query, int flags) {
    ByteBuf out = allocator.directBuffer(512);
    out.writeShort(query.id());
    out.writeShort(
        DnsQuery.FLAG_RESPONSE
            | DnsQuery.FLAG_RECURSION_AVAILABLE
            | flags
            | (query.flags() & (DnsQuery.OPCODE_MASK | DnsQuery.FLAG_RECURSION_DESIRED)));
    out.writeShort(1).writeZero(6);
    out.writeBytes(request, request.readerIndex() + DnsQuery.HEADER_LENGTH, query.questionLength());
    return out;
  }

  private static void startRecord(ByteBuf out, int owner, int type) {
    out.writeShort(owner).writeShort(type).writeShort(DnsQuery.CLASS_IN).writeInt(TTL_SECONDS);
  }
}
