package dev.groundmesh.tunnel.hbone;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CONNECT request as it is on the wire.
 *
 * @param authority {@code :authority}, unparsed: {@code ip:port} or {@code hostname:port}
 * @param headers every header that is not a pseudo-header, in order of the wire
 */
public record ConnectRequest(String authority, List<HeaderField> headers) {
  public ConnectRequest {
    headers = List.copyOf(headers);
  }

  /** The first value of the header of that lower-case name, or null. */
  public @Nullable String header(String name) {
    return ConnectHeaders.first(headers, name);
  }

  /** Every value of the header of that lower-case name, in order. */
  public List<String> headers(String name) {
    return ConnectHeaders.all(headers, name);
  }
}
