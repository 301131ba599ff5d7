package dev.groundmesh.nodeagent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshDemandTest {
  private static final SpiffeId ID = new SpiffeId("cluster.local", "shop", "default");
  private static final IpAddress VIP = IpAddress.parse("10.96.0.1");
  private static final Workload SOURCE = Workload.builder("source", ID).build();
  private static final NamespacedHostname WAYPOINT =
      new NamespacedHostname("shop", "waypoint.shop.svc.cluster.local");

  private static MeshSnapshot mesh(Service... services) {
    MeshStore store = new MeshStore(MeshSnapshot.EMPTY);
    store.apply(
        new MeshDelta(
            List.of(),
            Arrays.stream(services).map(s -> new Update<>(s, "")).toList(),
            List.of(),
            List.of(),
            List.of(),
            List.of()));
    return store.current();
  }

  private static Service service() {
    return Service.builder(new NamespacedHostname("shop", "web.shop.svc.cluster.local"))
        .vips(List.of(new NetworkAddress("", VIP)))
        .waypoint(new GatewayAddress(new GatewayAddress.ByHostname(WAYPOINT), 15008))
        .build();
  }

  @Test
  void anUnknownAddressIsAskedFor() {
    assertThat(MeshDemand.missing(MeshSnapshot.EMPTY, "", SOURCE, VIP))
        .containsExactly("/10.96.0.1");
  }

  @Test
  void theWaypointOfAKnownServiceIsAskedFor() {
    assertThat(MeshDemand.missing(mesh(service()), "", SOURCE, VIP))
        .containsExactly("shop/waypoint.shop.svc.cluster.local");
  }

  @Test
  void nothingIsAskedForTwice() {
    assertThat(
            MeshDemand.missing(mesh(service(), Service.builder(WAYPOINT).build()), "", SOURCE, VIP))
        .isEmpty();
  }
}
