package dev.groundmesh.tunnel.proxyprotocol;

import java.io.Serial;

/** Bytes that are not a PROXY protocol header of version 2. */
public final class ProxyHeaderException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  ProxyHeaderException(String message) {
    super(message, null, false, false);
  }
}
