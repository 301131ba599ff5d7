package dev.groundmesh.nodeagent.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class TrafficMetricsTest {
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

  private final TrafficMetrics metrics = new TrafficMetrics();

  /** Of a client that calls itself so. */
  private static ConnectionAttributes from(String name) {
    return new ConnectionAttributes(
        Direction.INBOUND,
        ADDRESS,
        ADDRESS,
        null,
        new WorkloadAttributes("", name, "", "", "", "", "", ""),
        null,
        WorkloadAttributes.UNKNOWN,
        null,
        null,
        false,
        null);
  }

  private String written() {
    StringBuilder out = new StringBuilder();
    metrics.write(new MetricsText(out));
    return out.toString();
  }

  @Test
  void seriesOfThoseWhoLeftMakeRoomForOthers() {
    ConnectionAttributes stays = from("stays");
    metrics.opened(stays);
    for (int i = 0; i < 2 * TrafficMetrics.MAX_SERIES; i++) {
      ConnectionAttributes goes = from("goes-" + i);
      metrics.closed(goes, metrics.opened(goes), ConnectionEnd.NORMAL);
    }

    assertThat(metrics.series()).isLessThanOrEqualTo(TrafficMetrics.MAX_SERIES);
    assertThat(written()).doesNotContain("source_workload=\"unknown\"");
    assertThat(written()).contains("source_workload=\"stays\"").contains("source_workload=\"goes-");
  }

  @Test
  void connectionsBeyondTheSeriesAreCountedAsNobodys() {
    for (int i = 0; i < TrafficMetrics.MAX_SERIES + 3; i++) {
      metrics.opened(from("client-" + i));
    }

    assertThat(metrics.series()).isEqualTo(TrafficMetrics.MAX_SERIES + 1);
    assertThat(written())
        .containsPattern(
            "istio_tcp_connections_opened_total\\{reporter=\"destination\",source_workload=\"unknown\".*} 3");
  }
}
