package dev.groundmesh.tunnel.hbone;

/** The inner tunnel of double HBONE: TLS and CONNECT once more inside an outer stream. */
@SuppressWarnings("DoNotCallSuggester")
public final class DoubleHbone {
  private DoubleHbone() {}

  /**
   * Opens an inner tunnel with its one stream, never shared. The outer stream lives and dies with
   * it.
   *
   * @param outer a stream just opened to the gateway, without a listener; taken over
   * @param tls expects the service's identities, not the gateway's
   */
  public static PendingConnect open(
      HboneStream outer,
      TunnelTls tls,
      TunnelSettings settings,
      ConnectRequest request,
      OpenListener listener) {
    throw new UnsupportedOperationException();
  }
}
