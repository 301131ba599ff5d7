package dev.groundmesh.tunnel.h2;

/**
 * The HTTP/2 settings of our side of a connection (RFC 9113, section 6.5.2).
 *
 * @param streamWindow bytes a peer may send on one stream before we read them, 65,535 to 2^31-1
 * @param connectionWindow the same for all streams together, 65,535 to 2^31-1; larger than {@code
 *     streamWindow}, so that one unread stream does not stop the others
 * @param maxFrameSize largest frame payload we take, 16,384 to 2^24-1
 * @param maxHeaderListSize largest header list we take, bytes as RFC 9113 counts them
 * @param maxConcurrentStreams streams we let the peer open; as a client, the most that we open
 */
public record H2Settings(
    int streamWindow,
    int connectionWindow,
    int maxFrameSize,
    int maxHeaderListSize,
    int maxConcurrentStreams) {
  /** Istio ambient's client. */
  public static final H2Settings CLIENT = new H2Settings(4 << 20, 16 << 20, 1 << 20, 16 << 10, 100);

  /** Istio ambient's server. */
  public static final H2Settings SERVER = new H2Settings(4 << 20, 16 << 20, 1 << 20, 64 << 10, 200);

  public H2Settings {
    check("streamWindow", streamWindow, 65_535, Integer.MAX_VALUE);
    check("connectionWindow", connectionWindow, 65_535, Integer.MAX_VALUE);
    check("maxFrameSize", maxFrameSize, 16_384, (1 << 24) - 1);
    check("maxHeaderListSize", maxHeaderListSize, 1, Integer.MAX_VALUE);
    check("maxConcurrentStreams", maxConcurrentStreams, 1, Integer.MAX_VALUE);
    if (connectionWindow < streamWindow) {
      throw new IllegalArgumentException(
          "connectionWindow: "
              + connectionWindow
              + " (expected: >= streamWindow "
              + streamWindow
              + ")");
    }
  }

  private static void check(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }
}
