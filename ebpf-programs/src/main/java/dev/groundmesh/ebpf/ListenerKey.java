package dev.groundmesh.ebpf;

import org.jspecify.annotations.Nullable;

/**
 * A key of {@link MapName#LISTENERS}; the value is a socket.
 *
 * @param netns cookie of the pod's namespace
 * @param kind what connections the listener takes
 * @param ipv6 whether it takes those over IPv6; else those over IPv4
 */
public record ListenerKey(long netns, ListenerKind kind, boolean ipv6) {
  /** The size in bytes. */
  public static final int BYTES = 16;

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  /** The key of the map. */
  public byte[] encode() {
    return Layout.buffer(BYTES)
        .putLong(netns)
        .putInt(kind.number())
        .putInt(ipv6 ? AF_INET6 : AF_INET)
        .array();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ListenerKey key
        && netns == key.netns
        && kind == key.kind
        && ipv6 == key.ipv6;
  }

  @Override
  public int hashCode() {
    return (Long.hashCode(netns) * 31 + kind.number()) * 31 + Boolean.hashCode(ipv6);
  }
}
