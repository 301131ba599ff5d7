package dev.groundmesh.meshapi.snapshot;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.host;
import static dev.groundmesh.meshapi.TestMesh.id;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.LoadBalancing.HealthPolicy;
import dev.groundmesh.meshapi.model.LoadBalancing.Mode;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Service.Visibility;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.model.WorkloadStatus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshSnapshotTest {

  @Test
  void workloadIsFoundByUidAndByAddressOnItsNetworkOnly() {
    MeshSnapshot mesh =
        new TestMesh().with(pod("web", "10.0.0.1", "fd00::1").network("east")).snapshot();
    assertThat(mesh.workload("Kubernetes//Pod/shop/web")).isNotNull();
    assertThat(mesh.workloadAt("east", ip("10.0.0.1"))).isNotNull();
    assertThat(mesh.workloadAt("east", ip("fd00::1"))).isNotNull();
    assertThat(mesh.workloadAt("", ip("10.0.0.1"))).isNull();
  }

  @Test
  void workloadWithItsHostsAddressIsNotFoundByIt() {
    MeshSnapshot mesh =
        new TestMesh()
            .with(pod("agent", "192.168.0.1").networkMode(NetworkMode.HOST_NETWORK))
            .snapshot();
    assertThat(mesh.workloadAt("", ip("192.168.0.1"))).isNull();
    assertThat(mesh.workload("Kubernetes//Pod/shop/agent")).isNotNull();
  }

  @Test
  void addressOfAPodThatGoesIsThatOfThePodThatCame() {
    Workload.Builder came = pod("came", "10.0.0.1").tunnelProtocol(TunnelProtocol.NONE);
    Workload.Builder goes =
        pod("goes", "10.0.0.1")
            .tunnelProtocol(TunnelProtocol.HBONE)
            .status(WorkloadStatus.UNHEALTHY);

    MeshSnapshot mesh = new TestMesh().with(came).with(goes).snapshot();

    assertThat(mesh.workloadAt("", ip("10.0.0.1"))).isEqualTo(came.build());
  }

  @Test
  void podsClaimOfAnAddressBeatsThatOfAWorkloadEntry() {
    Workload.Builder entry =
        Workload.builder("Kubernetes/networking.istio.io/WorkloadEntry/shop/vm", id("shop", "vm"))
            .addresses(List.of(ip("10.0.0.1")))
            .tunnelProtocol(TunnelProtocol.HBONE);
    Workload.Builder pod = pod("web", "10.0.0.1").tunnelProtocol(TunnelProtocol.NONE);
    assertThat(new TestMesh().with(entry).with(pod).snapshot().workloadAt("", ip("10.0.0.1")))
        .isEqualTo(pod.build());
    assertThat(new TestMesh().with(pod).with(entry).snapshot().workloadAt("", ip("10.0.0.1")))
        .isEqualTo(pod.build());
  }

  @Test
  void lastOfEqualClaimsOfAnAddressCounts() {
    MeshSnapshot mesh =
        new TestMesh().with(pod("old", "10.0.0.1")).with(pod("new", "10.0.0.1")).snapshot();
    assertThat(mesh.workloadAt("", ip("10.0.0.1"))).isEqualTo(pod("new", "10.0.0.1").build());
  }

  @Test
  void serviceOfTheClientsNamespaceIsPreferredThenKubernetesThenTheFirst() {
    Service.Builder first = external("one", "first.example");
    Service.Builder kubernetes = external("two", "kube.example").canonical(true);
    Service.Builder own = external("three", "own.example");
    MeshSnapshot mesh = new TestMesh().with(first).with(kubernetes).with(own).snapshot();
    assertThat(mesh.serviceAt("", ip("240.0.0.1"), "three")).isEqualTo(own.build());
    assertThat(mesh.serviceAt("", ip("240.0.0.1"), "four")).isEqualTo(kubernetes.build());
    MeshSnapshot without = new TestMesh().with(first).with(own).snapshot();
    assertThat(without.serviceAt("", ip("240.0.0.1"), "four")).isEqualTo(first.build());
  }

  @Test
  void serviceOfNamespaceVisibilityIsSeenFromItsNamespaceOnly() {
    Service.Builder hidden = external("one", "hidden.example").visibility(Visibility.NAMESPACE);
    MeshSnapshot mesh = new TestMesh().with(hidden).snapshot();
    assertThat(mesh.serviceAt("", ip("240.0.0.1"), "two")).isNull();
    assertThat(mesh.serviceAt("", ip("240.0.0.1"), "one")).isNotNull();
    assertThat(mesh.serviceByHostname("hidden.example", "two", null)).isNull();
    assertThat(mesh.serviceByHostname("hidden.example", "one", null)).isNotNull();
  }

  @Test
  void veryVipBeatsAnyRangeAndALongerRangeAShorterOne() {
    Service.Builder wide = ranged("wide.example", "240.0.0.0/8");
    Service.Builder narrow = ranged("narrow.example", "240.0.0.0/24");
    Service.Builder exact = external("one", "exact.example");
    MeshSnapshot mesh = new TestMesh().with(wide).with(narrow).with(exact).snapshot();
    assertThat(mesh.serviceAt("", ip("240.0.0.1"), "shop")).isEqualTo(exact.build());
    assertThat(mesh.serviceAt("", ip("240.0.0.2"), "shop")).isEqualTo(narrow.build());
    assertThat(mesh.serviceAt("", ip("240.1.0.2"), "shop")).isEqualTo(wide.build());
    assertThat(mesh.serviceAt("other", ip("240.1.0.2"), "shop")).isNull();
  }

  @Test
  void rangeOfTheClientsNamespaceBeatsALongerOne() {
    Service.Builder own = ranged("own.example", "240.0.0.0/8");
    Service.Builder longer =
        Service.builder(new NamespacedHostname("other", "longer.example"))
            .vipRanges(List.of(new NetworkRange("", AddressRange.parse("240.0.0.0/16"))));
    MeshSnapshot mesh = new TestMesh().with(longer).with(own).snapshot();
    assertThat(mesh.serviceAt("", ip("240.0.0.2"), "shop")).isEqualTo(own.build());
    assertThat(mesh.serviceAt("", ip("240.0.0.2"), "third")).isEqualTo(longer.build());
  }

  @Test
  void preferredNamespaceDecidesAfterKubernetesServices() {
    Service.Builder first = external("one", "db.example");
    Service.Builder preferred = external("two", "db.example");
    MeshSnapshot mesh = new TestMesh().with(first).with(preferred).snapshot();
    assertThat(mesh.serviceByHostname("db.example", "shop", "two")).isEqualTo(preferred.build());
    assertThat(mesh.serviceByHostname("db.example", "shop", null)).isEqualTo(first.build());
  }

  @Test
  void unhealthyEndpointsAreUsableOnlyWhereTheServiceAllowsAll() {
    Workload.Builder sick =
        pod("sick", "10.0.0.2")
            .status(WorkloadStatus.UNHEALTHY)
            .services(List.of(endpointOf("web")));
    Workload.Builder well = pod("well", "10.0.0.1").services(List.of(endpointOf("web")));
    MeshSnapshot healthyOnly =
        new TestMesh().with(service("web", "10.96.0.1")).with(sick).with(well).snapshot();
    assertThat(healthyOnly.endpoints(host("shop", "web")).usable()).containsExactly(well.build());
    assertThat(healthyOnly.endpoints(host("shop", "web")).all()).hasSize(2);
    LoadBalancing all = new LoadBalancing(List.of(), Mode.UNSPECIFIED, HealthPolicy.ALLOW_ALL);
    MeshSnapshot allowAll =
        new TestMesh()
            .with(service("web", "10.96.0.1").loadBalancing(all))
            .with(sick)
            .with(well)
            .snapshot();
    assertThat(allowAll.endpoints(host("shop", "web")).usable()).hasSize(2);
  }

  private static Service.Builder external(String namespace, String hostname) {
    return Service.builder(new NamespacedHostname(namespace, hostname))
        .vips(List.of(new NetworkAddress("", ip("240.0.0.1"))));
  }

  private static Service.Builder ranged(String hostname, String... ranges) {
    return Service.builder(new NamespacedHostname("shop", hostname))
        .vipRanges(
            Arrays.stream(ranges)
                .map(range -> new NetworkRange("", AddressRange.parse(range)))
                .toList());
  }
}
