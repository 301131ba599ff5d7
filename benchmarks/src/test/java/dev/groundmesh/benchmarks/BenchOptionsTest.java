package dev.groundmesh.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BenchOptionsTest {
  private static final Set<String> CASES = Set.of("iperf3-1", "wrk-1");

  private static BenchOptions parse(Map<String, String> environment) {
    return BenchOptions.fromEnvironment(environment, CASES);
  }

  @Test
  void withoutSettingsEverythingIsMeasured() {
    BenchOptions options = parse(Map.of());

    assertThat(options.modes())
        .containsExactly(BenchOptions.Mode.PINNED, BenchOptions.Mode.UNPINNED);
    assertThat(options.wants("wrk-1")).isTrue();
    assertThat(options.wantsSubject("groundmesh")).isTrue();
    assertThat(options.peer()).isEmpty();
  }

  @Test
  void casesAreChosenByName() {
    BenchOptions options = parse(Map.of("BENCH_CASES", "wrk-1"));

    assertThat(options.wants("wrk-1")).isTrue();
    assertThat(options.wants("iperf3-1")).isFalse();
  }

  @Test
  void unknownNamesAreRefusedWithWhatIsExpected() {
    assertThatThrownBy(() -> parse(Map.of("BENCH_CASES", "wrk-2")))
        .hasMessageStartingWith("BENCH_CASES: wrk-2 (expected: some of ");
    assertThatThrownBy(() -> parse(Map.of("BENCH_MODES", "loose")))
        .hasMessage("BENCH_MODES: loose (expected: pinned, unpinned or both, by comma)");
    assertThatThrownBy(() -> parse(Map.of("BENCH_SECONDS", "0")))
        .hasMessage("BENCH_SECONDS: 0 (expected: a whole number from 1 to 600)");
    assertThatThrownBy(() -> parse(Map.of("ZTUNNEL", "/nowhere")))
        .hasMessage("ZTUNNEL: /nowhere (expected: an executable file)");
  }
}
