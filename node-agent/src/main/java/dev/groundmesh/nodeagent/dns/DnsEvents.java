package dev.groundmesh.nodeagent.dns;

/** What the proxy tells the metrics and the log of. Called on event loops; must not block. */
public interface DnsEvents {
  /**
   * A question, as far as telemetry is concerned.
   *
   * @param workloadUid of the pod that asked
   * @param type of the record asked for, such as {@code A}
   * @param name asked for
   * @param protocol {@code udp} or {@code tcp}
   */
  record Question(String workloadUid, String type, String name, String protocol) {}

  /** A pod asked; every question is counted, however it is answered. */
  void requested(Question question);

  /** The question goes upstream. */
  void forwarded(Question question);

  /** The upstream answer came, or none did, after this many nanoseconds. */
  void forwardingEnded(Question question, boolean success, long nanos);

  /**
   * The question is answered.
   *
   * @param result a few words, as ztunnel logs them
   * @param endpoints records in the answer
   */
  void answered(Question question, String result, int endpoints);
}
