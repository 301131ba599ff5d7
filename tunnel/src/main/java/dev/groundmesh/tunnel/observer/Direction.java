package dev.groundmesh.tunnel.observer;

/** Which end of a connection the observed proxy stands at. */
public enum Direction {
  /** At the workload that opened it: the reporter is {@code source}. */
  OUTBOUND("outbound", "source"),
  /** At the workload that accepts it: the reporter is {@code destination}. */
  INBOUND("inbound", "destination");

  private final String logName;
  private final String reporter;

  Direction(String logName, String reporter) {
    this.logName = logName;
    this.reporter = reporter;
  }

  /** The word of the access log. */
  public String logName() {
    return logName;
  }

  /** The metrics' {@code reporter} label. */
  public String reporter() {
    return reporter;
  }
}
