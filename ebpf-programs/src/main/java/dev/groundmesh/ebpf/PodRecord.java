package dev.groundmesh.ebpf;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/**
 * A value of {@link MapName#PODS}; the key is the cookie of the pod's namespace.
 *
 * @param captureDns whether DNS goes to the agent
 * @param bypassInboundCapture whether plaintext from outside goes to the application
 * @param leaving whether it left the mesh, and only the tunnels of its peers are still served
 * @param changedSettings the agent's note to itself of the pod's settings that it changed, 0 to 7
 * @param ipv4 whether the pod has IPv4 addresses, so that what it sends over IPv4 is captured
 * @param ipv6 whether the pod has IPv6 addresses, so that what it sends over IPv6 is captured
 * @param ports4 the ports on 127.0.0.1 that the agent listens on in the pod, 1 to 65535
 * @param ports6 the same on ::1
 */
public record PodRecord(
    boolean captureDns,
    boolean bypassInboundCapture,
    boolean leaving,
    int changedSettings,
    boolean ipv4,
    boolean ipv6,
    Map<ListenerKind, Integer> ports4,
    Map<ListenerKind, Integer> ports6) {
  /** The size in bytes. */
  public static final int BYTES = 24;

  private static final int CAPTURE_DNS = 1;
  private static final int BYPASS_INBOUND_CAPTURE = 2;
  private static final int LEAVING = 4;
  private static final int IPV4 = 8;
  private static final int IPV6 = 16;
  private static final int CHANGED_SETTINGS_SHIFT = 8;
  private static final int CHANGED_SETTINGS = 7;

  public PodRecord {
    ports4 = Map.copyOf(ports4);
    ports6 = Map.copyOf(ports6);
  }

  /** Reads a value of the map. */
  public static PodRecord decode(byte[] record) {
    ByteBuffer in = Layout.buffer(record, BYTES);
    int flags = in.getInt();
    return new PodRecord(
        (flags & CAPTURE_DNS) != 0,
        (flags & BYPASS_INBOUND_CAPTURE) != 0,
        (flags & LEAVING) != 0,
        (flags >> CHANGED_SETTINGS_SHIFT) & CHANGED_SETTINGS,
        (flags & IPV4) != 0,
        (flags & IPV6) != 0,
        ports(in),
        ports(in));
  }

  /** The same pod, once it has left the mesh. */
  public PodRecord left() {
    return new PodRecord(
        captureDns, bypassInboundCapture, true, changedSettings, ipv4, ipv6, ports4, ports6);
  }

  /** The value of the map. */
  public byte[] encode() {
    byte[] bytes = new byte[BYTES];
    ByteBuffer record = Layout.buffer(bytes, BYTES);
    record.putInt(
        (captureDns ? CAPTURE_DNS : 0)
            | (bypassInboundCapture ? BYPASS_INBOUND_CAPTURE : 0)
            | (leaving ? LEAVING : 0)
            | (changedSettings << CHANGED_SETTINGS_SHIFT)
            | (ipv4 ? IPV4 : 0)
            | (ipv6 ? IPV6 : 0));
    put(record, ports4);
    put(record, ports6);
    return bytes;
  }

  private static void put(ByteBuffer record, Map<ListenerKind, Integer> ports) {
    for (ListenerKind kind : ListenerKind.values()) {
      record.putShort((short) (int) ports.getOrDefault(kind, 0));
    }
  }

  private static Map<ListenerKind, Integer> ports(ByteBuffer in) {
    Map<ListenerKind, Integer> ports = new EnumMap<>(ListenerKind.class);
    for (ListenerKind kind : ListenerKind.values()) {
      int port = Short.toUnsignedInt(in.getShort());
      if (port != 0) {
        ports.put(kind, port);
      }
    }
    return ports;
  }
}
