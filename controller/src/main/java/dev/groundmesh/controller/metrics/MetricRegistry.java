package dev.groundmesh.controller.metrics;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * The metrics of one controller.
 *
 * <p>Names are written as registered: Istio's control plane names its counters without {@code
 * _total}, and dashboards made for it must find them, which the common client libraries forbid.
 * Thread-safe; counting takes no lock.
 */
public final class MetricRegistry {

  private final Map<String, Family> families = new ConcurrentHashMap<>();

  /** A number that only grows. */
  public static final class Counter {
    private final LongAdder value = new LongAdder();

    private Counter() {}

    public void increment() {
      value.increment();
    }

    public long value() {
      return value.sum();
    }
  }

  /** How often values fell below each bound. */
  public static final class Histogram {
    private final double[] bounds;
    private final LongAdder[] buckets;
    private final DoubleAdder sum = new DoubleAdder();

    private Histogram(double[] bounds) {
      this.bounds = bounds;
      this.buckets = new LongAdder[bounds.length + 1];
      for (int i = 0; i < buckets.length; i++) {
        buckets[i] = new LongAdder();
      }
    }

    public void record(double value) {
      int bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]) {
        bucket++;
      }
      buckets[bucket].increment();
      sum.add(value);
    }
  }

  private sealed interface Series {
    record Count(Counter counter) implements Series {}

    record Gauge(DoubleSupplier value) implements Series {}

    record Distribution(Histogram histogram) implements Series {}
  }

  private record Family(String type, String help, Map<String, Series> series) {}

  /**
   * The counter of that name and labels, made at first use.
   *
   * @param labels name, value, name, value ...
   */
  public Counter counter(String name, String help, String... labels) {
    Series found =
        family(name, "counter", help)
            .series
            .computeIfAbsent(labels(labels), key -> new Series.Count(new Counter()));
    if (found instanceof Series.Count count) {
      return count.counter;
    }
    throw new IllegalArgumentException("metric: " + name + " (expected: a counter)");
  }

  /** A gauge that is read when it is asked for, on the scraper's thread. */
  public void gauge(String name, String help, DoubleSupplier value, String... labels) {
    family(name, "gauge", help).series.put(labels(labels), new Series.Gauge(value));
  }

  /**
   * The histogram of that name and labels, made at first use.
   *
   * @param bounds upper bounds, ascending
   */
  public Histogram histogram(String name, String help, List<Double> bounds, String... labels) {
    double[] sorted = bounds.stream().mapToDouble(Double::doubleValue).toArray();
    Series found =
        family(name, "histogram", help)
            .series
            .computeIfAbsent(labels(labels), key -> new Series.Distribution(new Histogram(sorted)));
    if (found instanceof Series.Distribution distribution) {
      return distribution.histogram;
    }
    throw new IllegalArgumentException("metric: " + name + " (expected: a histogram)");
  }

  private Family family(String name, String type, String help) {
    return families.computeIfAbsent(name, key -> new Family(type, help, new ConcurrentHashMap<>()));
  }

  private static String labels(String... labels) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i + 1 < labels.length; i += 2) {
      text.append(i == 0 ? "" : ",").append(labels[i]).append("=\"");
      text.append(labels[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
      text.append('"');
    }
    return text.toString();
  }

  /** Everything in Prometheus' text format 0.0.4. */
  public String scrape() {
    StringBuilder text = new StringBuilder(4096);
    new TreeMap<>(families)
        .forEach(
            (name, family) -> {
              text.append("# HELP ").append(name).append(' ').append(family.help).append('\n');
              text.append("# TYPE ").append(name).append(' ').append(family.type).append('\n');
              new TreeMap<>(family.series)
                  .forEach((labels, series) -> write(text, name, labels, series));
            });
    return text.toString();
  }

  private static void write(StringBuilder text, String name, String labels, Series series) {
    switch (series) {
      case Series.Count(Counter counter) -> line(text, name, labels, (double) counter.value());
      case Series.Gauge(DoubleSupplier value) -> line(text, name, labels, value.getAsDouble());
      case Series.Distribution(Histogram histogram) -> {
        String prefix = labels.isEmpty() ? "" : labels + ",";
        long below = 0;
        for (int i = 0; i < histogram.buckets.length; i++) {
          below += histogram.buckets[i].sum();
          String bound =
              i < histogram.bounds.length ? Double.toString(histogram.bounds[i]) : "+Inf";
          line(text, name + "_bucket", prefix + "le=\"" + bound + "\"", (double) below);
        }
        line(text, name + "_sum", labels, histogram.sum.sum());
        line(text, name + "_count", labels, (double) below);
      }
    }
  }

  private static void line(StringBuilder text, String name, String labels, double value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ');
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      text.append((long) value);
    } else {
      text.append(value);
    }
    text.append('\n');
  }
}
