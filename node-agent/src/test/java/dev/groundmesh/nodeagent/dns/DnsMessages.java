package dev.groundmesh.nodeagent.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Queries as a client would send them, and answers read by a decoder that is not ours. */
final class DnsMessages {
  private DnsMessages() {}

  static ByteBuf query(int id, String name, int type) {
    ByteBuf out = Unpooled.buffer();
    out.writeShort(id).writeShort(DnsQuery.FLAG_RECURSION_DESIRED).writeShort(1).writeZero(6);
    DnsQuery.writeName(out, name);
    return out.writeShort(type).writeShort(DnsQuery.CLASS_IN);
  }

  static ByteBuf withOpt(ByteBuf query, int payloadSize) {
    query.setShort(10, 1);
    return query
        .writeByte(0)
        .writeShort(DnsQuery.TYPE_OPT)
        .writeShort(payloadSize)
        .writeInt(0)
        .writeShort(0);
  }

  static DatagramDnsResponse decode(ByteBuf message) {
    EmbeddedChannel channel = new EmbeddedChannel(new DatagramDnsResponseDecoder());
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 53);
    channel.writeInbound(new DatagramPacket(message, any, any));
    DatagramDnsResponse response = channel.readInbound();
    channel.finishAndReleaseAll();
    return response;
  }
}
