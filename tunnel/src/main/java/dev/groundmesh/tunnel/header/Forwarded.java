package dev.groundmesh.tunnel.header;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The {@code forwarded} header (RFC 7239) as HBONE uses it: who connected, and by which Service.
 *
 * @param source the {@code for} element; null when absent or not an address
 * @param host the {@code host} element: the Service's hostname; null when absent
 */
public record Forwarded(@Nullable InetSocketAddress source, @Nullable String host) {

  public static final Forwarded EMPTY = new Forwarded(null, null);

  /** Longer values are ignored. */
  public static final int MAX_LENGTH = 1024;

  /** Reads the first element of the header's value. Never fails: what is malformed is absent. */
  public static Forwarded parse(CharSequence value) {
    return ForwardedParser.parse(value);
  }

  /** {@code for="ip:port"} and, where there is a host, {@code ;host=name}. */
  public String format() {
    return ForwardedParser.format(this);
  }
}
