package dev.groundmesh.controller.http;

/**
 * How patient the JDK's HTTP server is, and how many it lets in. It looks once in a process, when
 * the first server is made: whoever makes one sets them before.
 */
public final class HttpLimits {
  private HttpLimits() {}

  /** Sets them, to the same values each time. Any thread. */
  public static void set() {
    // Seconds a client may take to send its request, and to read the answer.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "60");
    System.setProperty("jdk.httpserver.maxConnections", "256");
  }
}
