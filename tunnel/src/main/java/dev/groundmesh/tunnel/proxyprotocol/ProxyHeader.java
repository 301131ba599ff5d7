package dev.groundmesh.tunnel.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The header of PROXY protocol version 2 for a TCP connection, with the two TLVs of the mesh.
 *
 * @param source who opened the connection; null for the LOCAL command (a health check of the
 *     proxy's own)
 * @param destination where to; null for the LOCAL command
 * @param sourceIdentity TLV 0xD0: the source's SPIFFE id; null without
 * @param service TLV 0xD1: the hostname of the Service that was addressed; null without
 */
public record ProxyHeader(
    @Nullable InetSocketAddress source,
    @Nullable InetSocketAddress destination,
    @Nullable String sourceIdentity,
    @Nullable String service) {

  public static final int TLV_SOURCE_IDENTITY = 0xD0;
  public static final int TLV_SERVICE = 0xD1;

  /** What the header takes at most: headers that say they are longer are refused. Bytes. */
  public static final int MAX_LENGTH = 4096;

  /** Writes the header; addresses of different families are both written as IPv6. */
  public void encode(ByteBuf out) {
    ProxyCodec.encode(this, out);
  }

  /**
   * Reads a header if it is all there.
   *
   * @param in advanced behind the header when one was read, untouched otherwise
   * @return null when more bytes are needed
   * @throws ProxyHeaderException when the bytes are no header of version 2, are malformed or exceed
   *     {@link #MAX_LENGTH}
   */
  public static @Nullable ProxyHeader decode(ByteBuf in) throws ProxyHeaderException {
    return ProxyCodec.decode(in);
  }
}
