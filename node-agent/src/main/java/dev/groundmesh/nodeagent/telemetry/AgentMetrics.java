package dev.groundmesh.nodeagent.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The metrics of the agent itself: its pods, its control plane, DNS. Meters are made by name as
 * Istio's dashboards know them; the registry adds what Prometheus' conventions ask for, such as
 * {@code _total}. For any thread.
 */
public final class AgentMetrics {
  private static final Duration[] DNS_BUCKETS = {
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private static final Duration[] CNI_BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Telemetry traffic;

  /**
   * For one agent.
   *
   * @param version of this build
   */
  public AgentMetrics(Telemetry traffic, String version) {
    this.traffic = traffic;
    Gauge.builder("istio_build", () -> 1)
        .description("Istio component build info")
        .tags("component", "ztunnel", "tag", version)
        .register(registry);
  }

  /** The counter with this name, without its {@code _total}, and these labels. */
  public Counter counter(String name, String description, String... labels) {
    return Counter.builder(name).description(description).tags(labels).register(registry);
  }

  /** A gauge that reads {@code value} at each scrape, from the scraping thread. */
  public void gauge(String name, String description, Supplier<Number> value, String... labels) {
    Gauge.builder(name, value).description(description).tags(labels).register(registry);
  }

  /** Adds a duration to the histogram with this name and these labels, in seconds. */
  public void time(String name, String description, Duration duration, String... labels) {
    Timer.builder(name)
        .description(description)
        .tags(labels)
        .serviceLevelObjectives(CNI_BUCKETS)
        .register(registry)
        .record(duration);
  }

  /** A histogram of durations, in seconds, with the buckets of Istio's DNS metrics. */
  Timer dnsTimer(String name, String description, Tags labels) {
    return Timer.builder(name)
        .description(description)
        .tags(labels)
        .serviceLevelObjectives(DNS_BUCKETS)
        .register(registry);
  }

  /** All of it in Prometheus' text format, version 0.0.4. */
  public String scrape() {
    StringBuilder out = new StringBuilder(registry.scrape());
    traffic.writeMetrics(out);
    return out.toString();
  }
}
