package dev.groundmesh.tunnel.hbone;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Look-ups in a short list of headers. */
final class ConnectHeaders {
  private ConnectHeaders() {}

  static @Nullable String first(List<HeaderField> headers, String name) {
    for (HeaderField field : headers) {
      if (field.name().equals(name)) {
        return field.value();
      }
    }
    return null;
  }

  static List<String> all(List<HeaderField> headers, String name) {
    return headers.stream().filter(f -> f.name().equals(name)).map(HeaderField::value).toList();
  }
}
