package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.h2.H2Connection;
import dev.groundmesh.tunnel.h2.H2Error;
import dev.groundmesh.tunnel.h2.H2Stream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An established CONNECT stream of a tunnel, on either side. */
public final class HboneStream extends H2Stream {
  /** Headers before the stream is established; null from then on. */
  private @Nullable Opening opening;

  HboneStream(H2Connection connection, int id, Opening opening) {
    super(connection, id);
    this.opening = opening;
  }

  /** What is going on while the stream is being opened. */
  sealed interface Opening permits ClientOpening, ServerOpening {
    void onHeaders(HboneStream stream, Http2Headers headers, boolean endStream);

    void onDead(HboneStream stream, StreamFailure cause);
  }

  void established() {
    opening = null;
  }

  @Override
  protected void onHeaders(Http2Headers headers, boolean endStream) {
    Opening current = opening;
    if (current != null) {
      current.onHeaders(this, headers, endStream);
    } else {
      // RFC 9113, section 8.5: nothing but DATA and stream management on a connected stream.
      reset(new StreamFailure(Kind.PROTOCOL_ERROR, "HEADERS on a connected stream"));
    }
  }

  @Override
  protected void onDeadBeforeUse(StreamFailure cause) {
    Opening current = opening;
    if (current != null) {
      opening = null;
      current.onDead(this, cause);
    }
  }

  /** Sends headers; false when they could not be encoded. */
  boolean sendHeaders(Http2Headers headers, boolean endStream) {
    try {
      connection().sendHeaders(this, headers, endStream);
    } catch (Http2Exception e) {
      resetWith(H2Error.INTERNAL_ERROR, "headers: " + e.getMessage());
      return false;
    }
    if (endStream) {
      endedByHeaders();
    }
    return true;
  }

  void resetWith(H2Error code, String detail) {
    reset(new StreamFailure(Kind.PROTOCOL_ERROR, detail), code);
  }

  /** Ends a request that was refused with all its answer said. */
  void refused(int status) {
    resetQuietly(new StreamFailure(Kind.CUT_BY_POLICY, "refused with " + status));
  }

  /** The headers that are not pseudo-headers, in order. */
  static List<HeaderField> fields(Http2Headers headers) {
    List<HeaderField> fields = new ArrayList<>(headers.size());
    for (Map.Entry<CharSequence, CharSequence> entry : headers) {
      CharSequence name = entry.getKey();
      if (!name.isEmpty() && name.charAt(0) != ':') {
        fields.add(new HeaderField(name.toString(), entry.getValue().toString()));
      }
    }
    return fields;
  }

  static void add(Http2Headers headers, List<HeaderField> fields) {
    for (HeaderField field : fields) {
      headers.add(field.name(), field.value());
    }
  }

  static Http2Headers newHeaders() {
    return new DefaultHttp2Headers(false);
  }
}
