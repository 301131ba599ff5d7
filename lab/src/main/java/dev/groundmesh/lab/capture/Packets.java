package dev.groundmesh.lab.capture;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The TCP and UDP packets of a capture file, in the order in which they were captured. */
public record Packets(List<Packet> list) {
  private static final int MAGIC = 0xa1b2c3d4;
  private static final int FILE_HEADER = 24;
  private static final int RECORD_HEADER = 16;
  private static final int ETHERNET_HEADER = 14;
  private static final int IPV6_HEADER = 40;
  private static final int UDP_HEADER = 8;
  private static final int TCP = 6;
  private static final int UDP = 17;

  /**
   * One TCP segment or UDP datagram.
   *
   * @param payload read-only; relative operations would move its position, absolute ones do not
   * @param sequence TCP sequence number of the payload's first byte, 0 for UDP
   */
  public record Packet(
      boolean tcp,
      InetSocketAddress source,
      InetSocketAddress destination,
      long sequence,
      ByteBuffer payload) {}

  public Packets {
    list = List.copyOf(list);
  }

  /** Reads a classic pcap file with Ethernet frames; a last record that is cut off is left out. */
  public static Packets parse(byte[] file) {
    var packets = new ArrayList<Packet>();
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length < FILE_HEADER) {
      return new Packets(packets);
    }
    if (buffer.getInt(0) != MAGIC) {
      buffer.order(ByteOrder.BIG_ENDIAN);
      if (buffer.getInt(0) != MAGIC) {
        throw new IllegalArgumentException(
            "magic: " + Integer.toHexString(buffer.getInt(0)) + " (expected: a pcap file)");
      }
    }
    int at = FILE_HEADER;
    while (at + RECORD_HEADER <= file.length) {
      int length = buffer.getInt(at + 8);
      int frame = at + RECORD_HEADER;
      if (length < 0 || frame + length > file.length) {
        break;
      }
      Packet packet = frame(buffer.slice(frame, length).order(ByteOrder.BIG_ENDIAN));
      if (packet != null) {
        packets.add(packet);
      }
      at = frame + length;
    }
    return new Packets(packets);
  }

  private static @Nullable Packet frame(ByteBuffer frame) {
    if (frame.limit() < ETHERNET_HEADER + 20) {
      return null;
    }
    ByteBuffer ip = frame.slice(ETHERNET_HEADER, frame.limit() - ETHERNET_HEADER);
    return switch (frame.getShort(12) & 0xffff) {
      case 0x0800 -> {
        int header = (ip.get(0) & 0xf) * 4;
        int total = Math.min(ip.getShort(2) & 0xffff, ip.limit());
        // A length of 0 is how a capture shows a segment above 64 KiB before offload splits it.
        yield transport(ip.get(9), ip, 12, 4, header, total == 0 ? ip.limit() : total);
      }
      case 0x86dd -> {
        int payload = ip.getShort(4) & 0xffff;
        int total = payload == 0 ? ip.limit() : Math.min(IPV6_HEADER + payload, ip.limit());
        yield transport(ip.get(6), ip, 8, 16, IPV6_HEADER, total);
      }
      default -> null;
    };
  }

  private static @Nullable Packet transport(
      int protocol, ByteBuffer ip, int addresses, int addressLength, int header, int total) {
    if (protocol == TCP && total >= header + 20) {
      int dataOffset = (ip.get(header + 12) >> 4 & 0xf) * 4;
      return packet(
          true,
          ip,
          addresses,
          addressLength,
          header,
          ip.getInt(header + 4) & 0xffffffffL,
          header + dataOffset,
          total);
    }
    if (protocol == UDP && total >= header + UDP_HEADER) {
      return packet(false, ip, addresses, addressLength, header, 0, header + UDP_HEADER, total);
    }
    return null;
  }

  private static Packet packet(
      boolean tcp,
      ByteBuffer ip,
      int addresses,
      int addressLength,
      int ports,
      long sequence,
      int payloadAt,
      int end) {
    ByteBuffer payload =
        ip.slice(Math.min(payloadAt, end), Math.max(0, end - payloadAt)).asReadOnlyBuffer();
    return new Packet(
        tcp,
        socket(ip, addresses, addressLength, ip.getShort(ports)),
        socket(ip, addresses + addressLength, addressLength, ip.getShort(ports + 2)),
        sequence,
        payload);
  }

  private static InetSocketAddress socket(ByteBuffer ip, int at, int length, short port) {
    byte[] address = new byte[length];
    ip.get(at, address);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(address), port & 0xffff);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether the bytes occur in the stream of any TCP direction, or within any UDP datagram. */
  public boolean carried(byte[] bytes) {
    return streams().values().stream().anyMatch(stream -> contains(ByteBuffer.wrap(stream), bytes))
        || list.stream().anyMatch(packet -> !packet.tcp() && contains(packet.payload(), bytes));
  }

  /** The packets to or from a TCP or UDP port. */
  public Packets ofPort(int port) {
    return new Packets(
        list.stream()
            .filter(
                packet ->
                    packet.source().getPort() == port || packet.destination().getPort() == port)
            .toList());
  }

  /** Without the UDP datagrams to a port, such as those that mark a moment in a capture. */
  public Packets withoutUdpTo(int port) {
    return new Packets(
        list.stream()
            .filter(packet -> packet.tcp() || packet.destination().getPort() != port)
            .toList());
  }

  /** Bytes of payload, retransmissions counted once for each time. */
  public long payloadBytes() {
    return list.stream().mapToLong(packet -> packet.payload().limit()).sum();
  }

  private record Direction(InetSocketAddress source, InetSocketAddress destination) {}

  /**
   * The payload of each TCP direction in sequence order, each byte once; where bytes are missing,
   * the rest follows.
   */
  private Map<Direction, byte[]> streams() {
    var segments = new LinkedHashMap<Direction, List<Packet>>();
    for (Packet packet : list) {
      if (packet.tcp() && packet.payload().limit() > 0) {
        segments
            .computeIfAbsent(
                new Direction(packet.source(), packet.destination()),
                direction -> new ArrayList<>())
            .add(packet);
      }
    }
    var streams = new LinkedHashMap<Direction, byte[]>();
    segments.forEach((direction, packets) -> streams.put(direction, assemble(packets)));
    return streams;
  }

  private static byte[] assemble(List<Packet> segments) {
    long origin = segments.getFirst().sequence();
    List<Packet> sorted =
        segments.stream()
            .sorted(Comparator.comparingLong(segment -> offset(segment.sequence(), origin)))
            .toList();
    var stream = new ByteArrayOutputStream();
    long next = Long.MIN_VALUE;
    for (Packet segment : sorted) {
      long start = offset(segment.sequence(), origin);
      int skip = (int) Math.max(0, Math.min(segment.payload().limit(), next - start));
      if (next == Long.MIN_VALUE || next < start) {
        skip = 0;
      }
      byte[] fresh = new byte[segment.payload().limit() - skip];
      segment.payload().get(skip, fresh);
      stream.writeBytes(fresh);
      next = Math.max(next, start + segment.payload().limit());
    }
    return stream.toByteArray();
  }

  /** Distance from the first segment, which may be negative; sequence numbers wrap at 2^32. */
  private static long offset(long sequence, long origin) {
    return (int) (sequence - origin);
  }

  private static boolean contains(ByteBuffer haystack, byte[] needle) {
    outer:
    for (int i = 0; i <= haystack.limit() - needle.length; i++) {
      for (int j = 0; j < needle.length; j++) {
        if (haystack.get(i + j) != needle[j]) {
          continue outer;
        }
      }
      return true;
    }
    return false;
  }
}
