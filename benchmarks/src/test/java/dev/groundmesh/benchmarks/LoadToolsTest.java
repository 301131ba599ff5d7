package dev.groundmesh.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LoadToolsTest {
  private static final String WRK =
      """
      Running 2s test @ http://10.244.1.2:8080/
        1 threads and 50 connections
        Thread Stats   Avg      Stdev     Max   +/- Stdev
          Latency     1.04ms  820.22us  15.66ms   89.71%
        Latency Distribution
           50%  930.00us
           75%    1.31ms
           90%    1.77ms
           99%    4.12ms
        86848 requests in 2.00s, 24.60MB read
      Requests/sec:  43424.11
      Transfer/sec:     12.30MB
      """;

  @Test
  void wrkGivesRateAndLatenciesInMicroseconds() {
    assertThat(LoadTools.wrk(WRK, "requests", "req/s").samples())
        .containsExactly(
            new Sample("requests", "req/s", 43424.11),
            new Sample("errors", "count", 0),
            new Sample("p50", "us", 930),
            new Sample("p99", "us", 4120));
  }

  @Test
  void wrkGivesTheNumberOfRequests() {
    assertThat(LoadTools.wrk(WRK, "requests", "req/s").requests()).isEqualTo(86_848);
  }

  @Test
  void failuresOfAnyKindAreCounted() {
    String failing =
        WRK
            + "  Socket errors: connect 1, read 5, write 0, timeout 2\n"
            + "  Non-2xx or 3xx responses: 3\n";

    assertThat(LoadTools.wrk(failing, "requests", "req/s").samples())
        .contains(new Sample("errors", "count", 11));
  }

  @Test
  void outputWithoutARateIsRefused() {
    assertThatThrownBy(() -> LoadTools.wrk("unable to connect", "requests", "req/s"))
        .hasMessageContaining("(expected: Requests/sec)");
  }

  @Test
  void iperf3CountsWhatWasReceived() {
    var outcome =
        LoadTools.iperf3(
            """
            "end": {
              "sum_sent": { "start": 0, "bytes": 9, "bits_per_second": 9, "sender": true },
              "sum_received": {
                "start": 0,
                "seconds": 2.0,
                "bytes": 2500000000,
                "bits_per_second": 1.0e+10,
                "sender": true
              }
            """);

    assertThat(outcome.samples()).containsExactly(new Sample("throughput", "Gbit/s", 10));
    assertThat(outcome.gigabytes()).isEqualTo(2.5);
  }

  @Test
  void theRateLoadReadsItsOwnOutput() {
    var outcome = RateLoad.parse("p50=100.5 p90=200.0 p99=300.0 max=400.0 sent=2000\n");

    assertThat(outcome.samples())
        .containsExactly(new Sample("p50", "us", 100.5), new Sample("p99", "us", 300));
    assertThat(outcome.requests()).isEqualTo(2000);
  }
}
