package dev.groundmesh.tunnel.hbone;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The final response to a CONNECT request.
 *
 * @param status the HTTP status, 200 to 999
 * @param headers every header that is not a pseudo-header, in order of the wire
 */
public record ConnectResponse(int status, List<HeaderField> headers) {
  public ConnectResponse {
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
