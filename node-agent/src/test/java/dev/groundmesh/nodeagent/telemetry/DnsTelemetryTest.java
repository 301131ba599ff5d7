package dev.groundmesh.nodeagent.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.dns.DnsEvents.Question;
import dev.groundmesh.nodeagent.log.LogCapture;
import dev.groundmesh.nodeagent.log.LogFormat;
import org.junit.jupiter.api.Test;

class DnsTelemetryTest {
  private final LogCapture capture = new LogCapture(LogFormat.TEXT, "info");
  private final AgentMetrics metrics =
      new AgentMetrics(new Telemetry(capture.log(), () -> 0), "test");
  private final DnsTelemetry dns =
      new DnsTelemetry(metrics, capture.log(), () -> MeshSnapshot.EMPTY);

  @Test
  void typesWithoutANameShareOneSeries() {
    for (int type = 1000; type < 1100; type++) {
      dns.requested(new Question("uid", "TYPE" + type, "web", "udp"));
    }
    dns.requested(new Question("uid", "A", "web", "udp"));

    assertThat(metrics.scrape().lines().filter(line -> line.startsWith("istio_dns_requests_total")))
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("\"OTHER\"").endsWith(" 100.0"));
  }
}
