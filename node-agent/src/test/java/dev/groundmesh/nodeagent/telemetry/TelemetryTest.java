package dev.groundmesh.nodeagent.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.log.LogCapture;
import dev.groundmesh.nodeagent.log.LogFormat;
import dev.groundmesh.tunnel.header.TraceParent;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.ConnectionObserver;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.observer.ServiceAttributes;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  private static final WorkloadAttributes CLIENT =
      new WorkloadAttributes(
          "client-1", "client", "shop", "client", "v1", "Kubernetes", "eu", "eu-a");
  private static final WorkloadAttributes SERVER =
      new WorkloadAttributes("web-1", "web", "shop", "web", "v2", "Kubernetes", "", "");

  private final LogCapture capture = new LogCapture(LogFormat.TEXT, "info");
  private long nanos;
  private final Telemetry telemetry = new Telemetry(capture.log(), () -> nanos);

  private static InetSocketAddress address(int lastByte, int port) throws UnknownHostException {
    return new InetSocketAddress(
        InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) lastByte}), port);
  }

  private static ConnectionAttributes connection(Direction direction, boolean mutualTls)
      throws UnknownHostException {
    return new ConnectionAttributes(
        direction,
        address(1, 40_000),
        address(2, 15_008),
        "10.0.0.2:8080",
        CLIENT,
        new SpiffeId("cluster.local", "shop", "client"),
        SERVER,
        new SpiffeId("cluster.local", "shop", "web"),
        new ServiceAttributes("web.shop.svc.cluster.local", "web", "shop"),
        mutualTls,
        new TraceParent(10, 11, 12, (byte) 0));
  }

  private String metrics() {
    StringBuilder out = new StringBuilder();
    telemetry.writeMetrics(out);
    return out.toString();
  }

  @Test
  void openedConnectionCarriesIstiosLabelsInIstiosOrder() throws Exception {
    telemetry.opened(connection(Direction.OUTBOUND, true));

    assertThat(metrics())
        .contains(
            "istio_tcp_connections_opened_total{reporter=\"source\",source_workload=\"client\","
                + "source_canonical_service=\"client\",source_canonical_revision=\"v1\","
                + "source_workload_namespace=\"shop\","
                + "source_principal=\"spiffe://cluster.local/ns/shop/sa/client\","
                + "source_app=\"client\",source_version=\"v1\",source_cluster=\"Kubernetes\","
                + "destination_service=\"web.shop.svc.cluster.local\","
                + "destination_service_namespace=\"shop\",destination_service_name=\"web\","
                + "destination_workload=\"web\",destination_canonical_service=\"web\","
                + "destination_canonical_revision=\"v2\",destination_workload_namespace=\"shop\","
                + "destination_principal=\"spiffe://cluster.local/ns/shop/sa/web\","
                + "destination_app=\"web\",destination_version=\"v2\","
                + "destination_cluster=\"Kubernetes\",request_protocol=\"tcp\","
                + "response_flags=\"-\",connection_security_policy=\"mutual_tls\","
                + "source_region=\"eu\",source_zone=\"eu-a\",destination_region=\"unknown\","
                + "destination_zone=\"unknown\"} 1\n");
  }

  @Test
  void connectionThatEndedInOrderCountsAsClosedAndNotAsFailed() throws Exception {
    telemetry.opened(connection(Direction.OUTBOUND, true)).closed(ConnectionEnd.NORMAL);

    assertThat(metrics())
        .containsPattern("istio_tcp_connections_closed_total\\{.*} 1")
        .doesNotContainPattern("istio_tcp_connections_failed_total\\{")
        .contains("istio_tcp_sockets_open{reporter=\"source\"} 0");
  }

  @Test
  void refusalShowsTheSameReasonInMetricAndLog() throws Exception {
    telemetry
        .opened(connection(Direction.INBOUND, true))
        .closed(new ConnectionEnd(ReasonCode.POLICY_DENIED, "policy shop/deny-all"));

    assertThat(metrics())
        .containsPattern("istio_tcp_connections_failed_total\\{.*response_flags=\"DENY\".*} 1")
        .contains("groundmesh_refusals_total{reporter=\"destination\",reason=\"POLICY_DENIED\"} 1");
    assertThat(capture.written())
        .contains("\terror\taccess\tconnection complete\t")
        .contains("policy shop/deny-all\" reason=POLICY_DENIED");
  }

  @Test
  void whatFailedHasTheTraceByWhichTheOtherEndIsFound() throws Exception {
    telemetry
        .opened(connection(Direction.INBOUND, true))
        .closed(new ConnectionEnd(ReasonCode.POLICY_DENIED, "policy shop/deny-all"));

    assertThat(capture.written())
        .endsWith("reason=POLICY_DENIED trace=000000000000000a000000000000000b\n");
  }

  @Test
  void bytesTowardsTheDestinationCountAsReceivedByBothReporters() throws Exception {
    for (Direction direction : Direction.values()) {
      ConnectionObserver observer = telemetry.opened(connection(direction, true));
      observer.bytesToDestination(5);
      observer.bytesToSource(7);
    }

    assertThat(metrics())
        .containsPattern("istio_tcp_received_bytes_total\\{reporter=\"source\".*} 5")
        .containsPattern("istio_tcp_sent_bytes_total\\{reporter=\"source\".*} 7")
        .containsPattern("istio_tcp_received_bytes_total\\{reporter=\"destination\".*} 5")
        .containsPattern("istio_tcp_sent_bytes_total\\{reporter=\"destination\".*} 7");
  }

  @Test
  void accessLogTellsSentAndReceivedFromTheProxysOwnSide() throws Exception {
    ConnectionObserver observer = telemetry.opened(connection(Direction.OUTBOUND, true));
    observer.bytesToDestination(5);
    observer.bytesToSource(7);
    nanos = 3_999_999;
    observer.closed(ConnectionEnd.NORMAL);

    assertThat(capture.written())
        .isEqualTo(
            "2026-11-20T10:00:00.000125Z\tinfo\taccess\tconnection complete\t"
                + "src.addr=10.0.0.1:40000 src.workload=\"client-1\" src.namespace=\"shop\""
                + " src.identity=\"spiffe://cluster.local/ns/shop/sa/client\""
                + " src.cluster=\"Kubernetes\" dst.addr=10.0.0.2:15008"
                + " dst.hbone_addr=10.0.0.2:8080 dst.service=\"web.shop.svc.cluster.local\""
                + " dst.workload=\"web-1\" dst.namespace=\"shop\""
                + " dst.identity=\"spiffe://cluster.local/ns/shop/sa/web\""
                + " dst.cluster=\"Kubernetes\" direction=\"outbound\" bytes_sent=5 bytes_recv=7"
                + " duration=\"3ms\"\n");
  }

  @Test
  void identityIsNotLoggedWithoutMutualTls() throws Exception {
    telemetry.opened(connection(Direction.INBOUND, false)).closed(ConnectionEnd.NORMAL);

    assertThat(capture.written()).doesNotContain("identity");
  }

  @Test
  void earlyRefusalIsAWarningWithItsReason() throws Exception {
    telemetry.refused(
        new RefusedConnection(
            Direction.OUTBOUND, address(1, 1), address(9, 80), ReasonCode.WORKLOAD_UNKNOWN, null));

    assertThat(capture.written())
        .contains("\twarn\taccess\tconnection failed\tsrc.addr=10.0.0.1:1 dst.addr=10.0.0.9:80")
        .contains("reason=WORKLOAD_UNKNOWN");
  }

  @Test
  void liveConnectionsAreThoseNotYetClosed() throws Exception {
    ConnectionObserver first = telemetry.opened(connection(Direction.OUTBOUND, true));
    ConnectionObserver second = telemetry.opened(connection(Direction.OUTBOUND, true));
    first.closed(ConnectionEnd.NORMAL);

    assertThat(telemetry.liveConnections()).hasSize(1).contains((Telemetry.LiveConnection) second);
  }
}
