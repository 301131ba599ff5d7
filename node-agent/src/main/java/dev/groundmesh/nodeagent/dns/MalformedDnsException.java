package dev.groundmesh.nodeagent.dns;

/**
 * A message that is no DNS query this proxy can read; RFC 1035 section 4.1.1 answers it with
 * FORMERR.
 */
final class MalformedDnsException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedDnsException(String message) {
    super(message, null, false, false);
  }
}
