package dev.groundmesh.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** All figures of a run: taken up sample by sample, given out as rows, a table and JSON. */
public final class Results {
  static final String DIRECT = "direct";

  private record Series(String benchCase, String metric, String unit, String subject) {}

  private final Map<Series, List<Double>> values = new LinkedHashMap<>();

  public void add(String benchCase, String subject, Sample sample) {
    values
        .computeIfAbsent(
            new Series(benchCase, sample.metric(), sample.unit(), subject),
            series -> new ArrayList<>())
        .add(sample.value());
  }

  /**
   * One row a series, cases in the order in which they first came, metrics and subjects together.
   */
  public List<Row> rows() {
    var ordered = new LinkedHashMap<String, List<Row>>();
    values.forEach(
        (series, samples) -> {
          List<Double> sorted = samples.stream().sorted().toList();
          ordered
              .computeIfAbsent(series.benchCase() + " " + series.metric(), key -> new ArrayList<>())
              .add(
                  new Row(
                      series.benchCase(),
                      series.metric(),
                      series.unit(),
                      series.subject(),
                      median(sorted),
                      sorted.getFirst(),
                      sorted.getLast(),
                      sorted.size(),
                      ratioToDirect(series, median(sorted))));
        });
    return ordered.values().stream().flatMap(List::stream).toList();
  }

  private OptionalDouble ratioToDirect(Series series, double median) {
    List<Double> direct =
        values.get(new Series(series.benchCase(), series.metric(), series.unit(), DIRECT));
    if (direct == null) {
      return OptionalDouble.empty();
    }
    double base = median(direct.stream().sorted().toList());
    return base == 0 ? OptionalDouble.empty() : OptionalDouble.of(median / base);
  }

  public static double median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  public void writeJson(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (JsonGenerator json =
        new JsonFactory()
            .createGenerator(Files.newBufferedWriter(file))
            .useDefaultPrettyPrinter()) {
      json.writeStartArray();
      for (Row row : rows()) {
        json.writeStartObject();
        json.writeStringField("case", row.benchCase());
        json.writeStringField("metric", row.metric());
        json.writeStringField("unit", row.unit());
        json.writeStringField("subject", row.subject());
        json.writeNumberField("median", row.median());
        json.writeNumberField("min", row.min());
        json.writeNumberField("max", row.max());
        json.writeNumberField("runs", row.runs());
        if (row.ratioToDirect().isPresent()) {
          json.writeNumberField("ratioToDirect", row.ratioToDirect().getAsDouble());
        } else {
          json.writeNullField("ratioToDirect");
        }
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  /**
   * The rows for people; {@code peer}, when there is one, adds the ratio of each row to the peer's.
   */
  public String table(Optional<String> peer) {
    var text = new StringBuilder();
    text.append(
        "%-26s %-16s %-10s %-12s %10s %10s %10s %4s %8s%s%n"
            .formatted(
                "case",
                "metric",
                "unit",
                "subject",
                "median",
                "min",
                "max",
                "runs",
                "/direct",
                peer.map(name -> " %8s".formatted("/" + name)).orElse("")));
    List<Row> rows = rows();
    String lastCase = "";
    for (Row row : rows) {
      String shown = row.benchCase().equals(lastCase) ? "" : row.benchCase();
      lastCase = row.benchCase();
      text.append(
          "%-26s %-16s %-10s %-12s %10s %10s %10s %4d %8s%s%n"
              .formatted(
                  shown,
                  row.metric(),
                  row.unit(),
                  row.subject(),
                  number(row.median()),
                  number(row.min()),
                  number(row.max()),
                  row.runs(),
                  row.ratioToDirect().isPresent() ? ratio(row.ratioToDirect().getAsDouble()) : "",
                  peer.map(name -> " %8s".formatted(ratioTo(name, row, rows))).orElse("")));
    }
    return text.toString();
  }

  private static String ratioTo(String peer, Row row, List<Row> rows) {
    return rows.stream()
        .filter(
            other ->
                other.subject().equals(peer)
                    && !row.subject().equals(peer)
                    && !row.subject().equals(DIRECT)
                    && other.benchCase().equals(row.benchCase())
                    && other.metric().equals(row.metric())
                    && other.median() != 0)
        .findFirst()
        .map(other -> ratio(row.median() / other.median()))
        .orElse("");
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  /** Three significant digits, or whole above 100. */
  private static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }
}
