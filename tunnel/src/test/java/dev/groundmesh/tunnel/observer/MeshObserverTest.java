package dev.groundmesh.tunnel.observer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshObserverTest {
  private static final ConnectionAttributes ATTRIBUTES =
      new ConnectionAttributes(
          Direction.OUTBOUND,
          new InetSocketAddress("10.0.0.1", 1),
          new InetSocketAddress("10.0.0.2", 15008),
          "10.0.0.2:80",
          WorkloadAttributes.UNKNOWN,
          null,
          WorkloadAttributes.UNKNOWN,
          null,
          null,
          true,
          null);

  private final List<String> seen = new ArrayList<>();

  @Test
  void allObserversSeeAConnectionInTheirOrder() {
    ConnectionObserver connection =
        MeshObserver.all(List.of(recorder("a"), MeshObserver.NONE, recorder("b")))
            .opened(ATTRIBUTES);
    connection.connected();
    connection.bytesToDestination(3);
    connection.bytesToSource(4);
    connection.closed(ConnectionEnd.NORMAL);

    assertThat(seen)
        .containsExactly(
            "a opened",
            "b opened",
            "a connected",
            "b connected",
            "a >3",
            "b >3",
            "a <4",
            "b <4",
            "a closed -",
            "b closed -");
  }

  @Test
  void refusalsReachAll() {
    MeshObserver.all(List.of(recorder("a"), recorder("b")))
        .refused(
            new RefusedConnection(
                Direction.INBOUND,
                new InetSocketAddress("10.0.0.1", 1),
                null,
                ReasonCode.TLS_PEER_UNTRUSTED,
                null));

    assertThat(seen).containsExactly("a refused TLS_FAILURE", "b refused TLS_FAILURE");
  }

  @Test
  void noObserverCostsNothing() {
    assertThat(MeshObserver.all(List.of())).isSameAs(MeshObserver.NONE);
    assertThat(MeshObserver.all(List.of(MeshObserver.NONE, MeshObserver.NONE)).opened(ATTRIBUTES))
        .isSameAs(ConnectionObserver.NONE);
  }

  @Test
  void anEndWithAReasonShowsItsFlag() {
    assertThat(new ConnectionEnd(ReasonCode.CERT_REVOKED, "x").responseFlag())
        .isEqualTo("CERT_REVOKED");
  }

  private MeshObserver recorder(String name) {
    return new MeshObserver() {
      @Override
      public ConnectionObserver opened(ConnectionAttributes attributes) {
        seen.add(name + " opened");
        return new ConnectionObserver() {
          @Override
          public void connected() {
            seen.add(name + " connected");
          }

          @Override
          public void bytesToDestination(long count) {
            seen.add(name + " >" + count);
          }

          @Override
          public void bytesToSource(long count) {
            seen.add(name + " <" + count);
          }

          @Override
          public void closed(ConnectionEnd end) {
            seen.add(name + " closed " + end.responseFlag());
          }
        };
      }

      @Override
      public void refused(RefusedConnection connection) {
        seen.add(name + " refused " + connection.reason().responseFlag().label());
      }
    };
  }
}
