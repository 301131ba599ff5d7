package dev.groundmesh.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  private final Results results = new Results();

  private void add(String subject, double... values) {
    for (double value : values) {
      results.add("pinned/iperf3-1", subject, new Sample("throughput", "Gbit/s", value));
    }
  }

  @Test
  void aRowHoldsMedianMinimumMaximumAndRuns() {
    add("direct", 3, 1, 2);

    Row row = results.rows().getFirst();

    assertThat(row.median()).isEqualTo(2);
    assertThat(row.min()).isEqualTo(1);
    assertThat(row.max()).isEqualTo(3);
    assertThat(row.runs()).isEqualTo(3);
  }

  @Test
  void theMedianOfAnEvenNumberIsBetweenTheMiddleTwo() {
    assertThat(Results.median(List.of(1.0, 2.0, 4.0, 8.0))).isEqualTo(3);
  }

  @Test
  void ratiosAreToTheMedianOfDirectInTheSameCase() {
    add("direct", 10);
    add("groundmesh", 4);

    assertThat(results.rows().getLast().ratioToDirect().orElseThrow()).isCloseTo(0.4, within(1e-9));
  }

  @Test
  void withoutDirectThereIsNoRatio() {
    add("groundmesh", 4);

    assertThat(results.rows().getFirst().ratioToDirect()).isEmpty();
  }

  @Test
  void subjectsOfOneMetricStandTogether() {
    add("direct", 1);
    results.add("pinned/iperf3-1", "groundmesh", new Sample("proxy-cpu", "s/GB", 1));
    add("groundmesh", 1);

    assertThat(results.rows())
        .extracting(Row::subject)
        .containsExactly("direct", "groundmesh", "groundmesh");
  }

  @Test
  void theTableComparesWithThePeer() {
    add("groundmesh", 6);
    add("ztunnel", 4);

    assertThat(results.table(Optional.of("ztunnel")).lines().toList().get(1)).endsWith(" 1.50");
  }

  @Test
  void theJsonHasTheAgreedFields(@TempDir Path directory) throws Exception {
    add("direct", 10);
    add("groundmesh", 4);

    Path file = directory.resolve("made/l4.json");
    results.writeJson(file);

    JsonNode last = new ObjectMapper().readTree(file.toFile()).get(1);
    assertThat(last.fieldNames())
        .toIterable()
        .containsExactly(
            "case", "metric", "unit", "subject", "median", "min", "max", "runs", "ratioToDirect");
    assertThat(last.get("ratioToDirect").asDouble()).isCloseTo(0.4, within(1e-9));
  }
}
