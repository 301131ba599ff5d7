package dev.groundmesh.nodeagent.telemetry;

import dev.groundmesh.nodeagent.log.Log;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.ConnectionObserver;
import dev.groundmesh.tunnel.observer.MeshObserver;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Sees every connection of the agent and keeps its metrics, its access log and the list of live
 * connections.
 */
public final class Telemetry implements MeshObserver {
  private final TrafficMetrics metrics = new TrafficMetrics();
  private final AccessLog accessLog;
  private final LongSupplier nanoClock;
  private final Set<LiveConnection> live = ConcurrentHashMap.newKeySet();

  /**
   * For one agent.
   *
   * @param nanoClock monotonic time in nanoseconds, such as {@link System#nanoTime}
   */
  public Telemetry(Log log, LongSupplier nanoClock) {
    this.accessLog = new AccessLog(log);
    this.nanoClock = nanoClock;
  }

  @Override
  public ConnectionObserver opened(ConnectionAttributes connection) {
    accessLog.opened(connection);
    LiveConnection opened = new LiveConnection(this, connection, metrics.opened(connection));
    live.add(opened);
    return opened;
  }

  @Override
  public void refused(RefusedConnection connection) {
    metrics.refused(connection.direction(), connection.reason());
    accessLog.refused(connection);
  }

  /** Those open at some moment during the call; for any thread. */
  public Collection<LiveConnection> liveConnections() {
    return Set.copyOf(live);
  }

  /** Appends the traffic's metric families in Prometheus' text format; for any thread. */
  public void writeMetrics(StringBuilder out) {
    metrics.write(new MetricsText(out));
  }

  /**
   * One open connection. Written by its event loop alone; what another thread reads may be a moment
   * old.
   */
  public static final class LiveConnection implements ConnectionObserver {
    private final Telemetry telemetry;
    private final ConnectionAttributes attributes;
    private final TrafficMetrics.Counters counters;
    private final long openedNanos;
    private long toDestination;
    private long toSource;

    LiveConnection(
        Telemetry telemetry, ConnectionAttributes attributes, TrafficMetrics.Counters counters) {
      this.telemetry = telemetry;
      this.attributes = attributes;
      this.counters = counters;
      this.openedNanos = telemetry.nanoClock.getAsLong();
    }

    public ConnectionAttributes attributes() {
      return attributes;
    }

    /** Bytes from the source to the destination so far. */
    public long bytesToDestination() {
      return toDestination;
    }

    /** Bytes from the destination to the source so far. */
    public long bytesToSource() {
      return toSource;
    }

    /** Milliseconds since it was opened. */
    public long ageMillis() {
      return TimeUnit.NANOSECONDS.toMillis(telemetry.nanoClock.getAsLong() - openedNanos);
    }

    @Override
    public void connected() {}

    @Override
    public void bytesToDestination(long count) {
      toDestination += count;
      counters.received.add(count);
    }

    @Override
    public void bytesToSource(long count) {
      toSource += count;
      counters.sent.add(count);
    }

    @Override
    public void closed(ConnectionEnd end) {
      telemetry.live.remove(this);
      telemetry.metrics.closed(attributes, counters, end);
      telemetry.accessLog.complete(attributes, toDestination, toSource, ageMillis(), end);
    }
  }
}
