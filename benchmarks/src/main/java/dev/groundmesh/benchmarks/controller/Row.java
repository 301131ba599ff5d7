package dev.groundmesh.benchmarks.controller;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One figure of a benchmark.
 *
 * @param values of its repetitions; kept in rising order
 */
record Row(String benchCase, String metric, String unit, List<Double> values) {

  Row {
    values = values.stream().sorted().toList();
  }

  static Row of(String benchCase, String metric, String unit, double value) {
    return new Row(benchCase, metric, unit, List.of(value));
  }

  private double median() {
    return quantile(0.5);
  }

  double quantile(double share) {
    return values.get(Math.min(values.size() - 1, (int) (values.size() * share)));
  }

  /** Shows the figure to people. */
  @SuppressWarnings("SystemOut")
  Row print() {
    System.out.printf(
        "%-40s %-58s median %9.1f  min %9.1f  max %9.1f %s%n",
        benchCase, metric, median(), values.getFirst(), values.getLast(), unit);
    return this;
  }

  /** Writes the rows into a file. */
  static void write(Path results, List<Row> rows) throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(results))) {
      json.writeStartArray();
      for (Row row : rows) {
        json.writeStartObject();
        json.writeStringField("case", row.benchCase);
        json.writeStringField("metric", row.metric);
        json.writeStringField("unit", row.unit);
        json.writeStringField("subject", "groundmesh");
        json.writeNumberField("median", row.median());
        json.writeNumberField("min", row.values.getFirst());
        json.writeNumberField("max", row.values.getLast());
        json.writeNumberField("runs", row.values.size());
        json.writeNullField("ratioToDirect");
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }
}
