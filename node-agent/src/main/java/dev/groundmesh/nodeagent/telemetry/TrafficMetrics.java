package dev.groundmesh.nodeagent.telemetry;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.Direction;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Istio's TCP metric families and the refusals by reason. Counted on event loops without locks,
 * read by whoever scrapes. A label set once seen stays, as Prometheus expects of counters.
 */
final class TrafficMetrics {
  /** The counters of one label set. */
  static final class Counters {
    final LongAdder opened = new LongAdder();
    final LongAdder closed = new LongAdder();
    final LongAdder failed = new LongAdder();

    /** Towards the source. */
    final LongAdder sent = new LongAdder();

    /** Towards the destination. */
    final LongAdder received = new LongAdder();

    /** Connections that still count here. */
    private final LongAdder open = new LongAdder();

    private final String labels;

    Counters(TrafficLabels.Key key) {
      this.labels = TrafficLabels.of(key).text();
    }
  }

  /**
   * Series beyond which those without an open connection are dropped: workloads come and go, and
   * what peers say of themselves they may make up. About 1 KiB each.
   */
  static final int MAX_SERIES = 10_000;

  /** A sweep looks at all series: one that makes less room than this is not made for each miss. */
  private static final int MISSES_PER_SWEEP = MAX_SERIES / 10;

  private final Map<TrafficLabels.Key, Counters> counters = new ConcurrentHashMap<>();

  /** Series that were not there when the table was full, since a sweep last made room. */
  private final AtomicInteger misses = new AtomicInteger();

  private final Map<Direction, Map<ReasonCode, LongAdder>> refusals =
      new EnumMap<>(Direction.class);
  private final Map<Direction, LongAdder> socketsOpen = new EnumMap<>(Direction.class);

  TrafficMetrics() {
    for (Direction direction : Direction.values()) {
      Map<ReasonCode, LongAdder> byReason = new EnumMap<>(ReasonCode.class);
      for (ReasonCode reason : ReasonCode.values()) {
        byReason.put(reason, new LongAdder());
      }
      refusals.put(direction, byReason);
      socketsOpen.put(direction, new LongAdder());
    }
  }

  /** Counts an opened connection; its bytes go to the counters returned. */
  Counters opened(ConnectionAttributes connection) {
    Counters of = counters(TrafficLabels.Key.of(connection, "-"));
    of.open.increment();
    of.opened.increment();
    adder(socketsOpen, connection.direction()).increment();
    return of;
  }

  void closed(ConnectionAttributes connection, Counters atOpening, ConnectionEnd end) {
    ReasonCode reason = end.reason();
    String flag = end.responseFlag();
    Counters of = flag.equals("-") ? atOpening : counters(TrafficLabels.Key.of(connection, flag));
    of.closed.increment();
    atOpening.open.decrement();
    if (!flag.equals("-")) {
      of.failed.increment();
    }
    adder(socketsOpen, connection.direction()).decrement();
    if (reason != null) {
      refused(connection.direction(), reason);
    }
  }

  void refused(Direction direction, ReasonCode reason) {
    Map<ReasonCode, LongAdder> byReason = refusals.get(direction);
    if (byReason != null) {
      adder(byReason, reason).increment();
    }
  }

  private Counters counters(TrafficLabels.Key key) {
    Counters known = counters.get(key);
    if (known != null) {
      return known;
    }
    if (counters.size() >= MAX_SERIES && misses.getAndIncrement() % MISSES_PER_SWEEP == 0) {
      counters.values().removeIf(idle -> idle.open.sum() == 0);
      if (counters.size() <= MAX_SERIES - MISSES_PER_SWEEP) {
        misses.set(0);
      }
    }
    return counters.computeIfAbsent(
        counters.size() < MAX_SERIES ? key : key.ofNobody(), Counters::new);
  }

  int series() {
    return counters.size();
  }

  private static <K> LongAdder adder(Map<K, LongAdder> adders, K key) {
    LongAdder adder = adders.get(key);
    if (adder == null) {
      throw new IllegalStateException("no counter for " + key);
    }
    return adder;
  }

  void write(MetricsText out) {
    family(
        out,
        "istio_tcp_connections_opened_total",
        "The total number of TCP connections opened",
        c -> c.opened);
    family(
        out,
        "istio_tcp_connections_closed_total",
        "The total number of TCP connections closed",
        c -> c.closed);
    family(
        out,
        "istio_tcp_connections_failed_total",
        "The total number of TCP connections that failed to establish or were cut",
        c -> c.failed);
    family(
        out,
        "istio_tcp_sent_bytes_total",
        "The size of total bytes sent during response in case of a TCP connection",
        c -> c.sent);
    family(
        out,
        "istio_tcp_received_bytes_total",
        "The size of total bytes received during request in case of a TCP connection",
        c -> c.received);
    out.family("istio_tcp_sockets_open", "gauge", "The current number of open connections");
    socketsOpen.forEach(
        (direction, open) ->
            out.sample(
                "istio_tcp_sockets_open", "reporter=\"" + direction.reporter() + "\"", open.sum()));
    out.family(
        "istio_crl_policy_rejections_total",
        "counter",
        "The total number of connections rejected due to CRL certificate revocation");
    refusals.forEach(
        (direction, byReason) ->
            out.sample(
                "istio_crl_policy_rejections_total",
                "reporter=\"" + direction.reporter() + "\"",
                adder(byReason, ReasonCode.CERT_REVOKED).sum()));
    out.family(
        "groundmesh_refusals_total",
        "counter",
        "Connections that were refused or cut, by the reason code that the log gives too");
    refusals.forEach(
        (direction, byReason) ->
            byReason.forEach(
                (reason, count) -> {
                  if (count.sum() > 0) {
                    out.sample(
                        "groundmesh_refusals_total",
                        "reporter=\"" + direction.reporter() + "\",reason=\"" + reason + "\"",
                        count.sum());
                  }
                }));
  }

  private void family(
      MetricsText out, String name, String help, Function<Counters, LongAdder> counter) {
    out.family(name, "counter", help);
    counters
        .values()
        .forEach(
            of -> {
              long value = counter.apply(of).sum();
              if (value > 0) {
                out.sample(name, of.labels, value);
              }
            });
  }
}
