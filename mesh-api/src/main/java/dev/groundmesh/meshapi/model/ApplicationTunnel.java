package dev.groundmesh.meshapi.model;

/**
 * How an application wants its inbound HBONE connections handed over.
 *
 * @param port where to connect to instead of the port that was asked for, 1 to 65535; 0 to keep
 *     that port
 */
public record ApplicationTunnel(Protocol protocol, int port) {

  /** What is sent to the application before the bytes of the connection. */
  public enum Protocol {
    /** Nothing. */
    NONE,
    /** A PROXY protocol v2 header with the client's address and identity. */
    PROXY,
    /**
     * Not known to this version; connections are refused, as the application would misread them.
     */
    UNSUPPORTED
  }

  public ApplicationTunnel {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(
          "port: " + port + " (expected: 1 to 65535, or 0 to keep the port)");
    }
  }
}
