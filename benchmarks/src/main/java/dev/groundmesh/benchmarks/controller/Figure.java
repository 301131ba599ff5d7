package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.benchmarks.Results;
import dev.groundmesh.benchmarks.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One figure of a benchmark.
 *
 * @param values of its repetitions; kept in rising order
 */
record Figure(String benchCase, String metric, String unit, List<Double> values) {

  Figure {
    values = values.stream().sorted().toList();
  }

  static Figure of(String benchCase, String metric, String unit, double value) {
    return new Figure(benchCase, metric, unit, List.of(value));
  }

  private double median() {
    return quantile(0.5);
  }

  double quantile(double share) {
    return values.get(Math.min(values.size() - 1, (int) (values.size() * share)));
  }

  /** Shows the figure to people. */
  @SuppressWarnings("SystemOut")
  Figure print() {
    System.out.printf(
        "%-40s %-58s median %9.1f  min %9.1f  max %9.1f %s%n",
        benchCase, metric, median(), values.getFirst(), values.getLast(), unit);
    return this;
  }

  /** Writes the figures into a file, in the form of all results. */
  static void write(Path file, List<Figure> figures) throws IOException {
    var results = new Results();
    for (Figure figure : figures) {
      for (double value : figure.values) {
        results.add(figure.benchCase, "groundmesh", new Sample(figure.metric, figure.unit, value));
      }
    }
    results.writeJson(file.toAbsolutePath());
  }
}
