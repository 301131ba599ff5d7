package dev.groundmesh.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reading what iperf3 and wrk print. */
final class LoadTools {
  private static final Pattern WRK_LATENCY =
      Pattern.compile("(?m)^\\s*(50|99)%\\s+([0-9.]+)(us|ms|s)\\s*$");
  private static final Pattern WRK_RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern WRK_TOTAL = Pattern.compile("(\\d+) requests in");
  private static final Pattern WRK_ERRORS =
      Pattern.compile(
          "Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)"
              + "|Non-2xx or 3xx responses: (\\d+)");
  private static final Pattern IPERF_BYTES =
      Pattern.compile(
          "\"sum_received\":\\s*\\{[^}]*?\"bytes\":\\s*([0-9.e+]+)[^}]*?\"bits_per_second\":\\s*([0-9.e+]+)");

  /** A load's outcome: its figures, and what the proxies' CPU is divided by. */
  record Outcome(List<Sample> samples, double gigabytes, double requests) {}

  private LoadTools() {}

  /**
   * @throws IllegalStateException if the output has no rate
   */
  static Outcome wrk(String output, String rateMetric, String rateUnit) {
    Matcher rate = WRK_RATE.matcher(output);
    Matcher total = WRK_TOTAL.matcher(output);
    if (!rate.find() || !total.find()) {
      throw new IllegalStateException(
          "wrk: no rate in its output (expected: Requests/sec)\n" + output);
    }
    var samples = new ArrayList<Sample>();
    samples.add(new Sample(rateMetric, rateUnit, Double.parseDouble(rate.group(1))));
    samples.add(new Sample("errors", "count", errors(output)));
    Matcher latency = WRK_LATENCY.matcher(output);
    while (latency.find()) {
      double factor =
          switch (latency.group(3)) {
            case "us" -> 1;
            case "ms" -> 1e3;
            default -> 1e6;
          };
      samples.add(
          new Sample("p" + latency.group(1), "us", Double.parseDouble(latency.group(2)) * factor));
    }
    return new Outcome(samples, 0, Double.parseDouble(total.group(1)));
  }

  /** Connections and requests that failed or were not answered within wrk's time-out. */
  private static double errors(String output) {
    double errors = 0;
    Matcher found = WRK_ERRORS.matcher(output);
    while (found.find()) {
      for (int group = 1; group <= found.groupCount(); group++) {
        errors += found.group(group) == null ? 0 : Double.parseDouble(found.group(group));
      }
    }
    return errors;
  }

  /** Output of {@code iperf3 --json}. */
  static Outcome iperf3(String output) {
    Matcher received = IPERF_BYTES.matcher(output);
    if (!received.find()) {
      throw new IllegalStateException("iperf3: no sum_received in its output\n" + output);
    }
    return new Outcome(
        List.of(new Sample("throughput", "Gbit/s", Double.parseDouble(received.group(2)) / 1e9)),
        Double.parseDouble(received.group(1)) / 1e9,
        0);
  }
}
