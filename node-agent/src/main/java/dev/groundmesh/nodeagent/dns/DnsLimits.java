package dev.groundmesh.nodeagent.dns;

/** What one pod may ask of the proxy at a time. */
final class DnsLimits {
  /** Queries of one pod that wait for an upstream answer; more are answered SERVFAIL at once. */
  static final int MAX_FORWARDED_PER_POD = 512;

  /** Open TCP connections of one pod; further ones are closed at once. */
  static final int MAX_CONNECTIONS_PER_POD = 512;

  /** Seconds after which an idle TCP connection of a pod is closed (RFC 7766 section 6.2.3). */
  static final int TCP_IDLE_SECONDS = 10;

  private DnsLimits() {}
}
