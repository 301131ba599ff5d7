package dev.groundmesh.nodeagent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.SmallMesh;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NameTableTest {
  private static final String CLIENT = "Kubernetes//Pod/shop/client";

  private final SmallMesh mesh =
      new SmallMesh()
          .with(SmallMesh.pod("client", "10.0.0.1", "fd03::1"))
          .with(SmallMesh.service("web", "10.96.0.1", "fd00::1"))
          .with(SmallMesh.service("db"))
          .with(
              SmallMesh.pod("db-0", "10.0.1.1", "fd01::1")
                  .services(List.of(SmallMesh.endpointOf("db"))))
          .with(SmallMesh.pod("db-1", "10.0.1.2").services(List.of(SmallMesh.endpointOf("db"))));

  private DnsAnswer resolve(String name, int type) {
    MeshSnapshot snapshot = mesh.snapshot();
    return new NameTable(
            () -> snapshot,
            new NameCandidates("cluster.local", List.of()),
            null,
            true,
            new Random(1))
        .resolve(CLIENT, name, type);
  }

  private List<String> addresses(String name, int type) {
    assertThat(resolve(name, type)).isInstanceOf(DnsAnswer.Known.class);
    return ((DnsAnswer.Known) resolve(name, type))
        .addresses().stream().map(InetAddress::getHostAddress).sorted().toList();
  }

  @Test
  void everyShortFormOfAServiceGivesItsVip() {
    for (String name : List.of("web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local")) {
      assertThat(addresses(name, DnsQuery.TYPE_A)).containsExactly("10.96.0.1");
    }
  }

  @Test
  void aaaaGivesTheVipOfThatFamily() {
    assertThat(addresses("web", DnsQuery.TYPE_AAAA)).containsExactly("fd00:0:0:0:0:0:0:1");
  }

  @Test
  void clientWithoutAnIpv6AddressIsGivenNone() {
    mesh.with(SmallMesh.pod("client", "10.0.0.1"));

    assertThat(addresses("web", DnsQuery.TYPE_AAAA)).isEmpty();
    assertThat(addresses("db", DnsQuery.TYPE_AAAA)).isEmpty();
    assertThat(addresses("web", DnsQuery.TYPE_A)).containsExactly("10.96.0.1");
  }

  @Test
  void headlessServiceGivesItsEndpoints() {
    assertThat(addresses("db", DnsQuery.TYPE_A)).containsExactly("10.0.1.1", "10.0.1.2");
    assertThat(addresses("db", DnsQuery.TYPE_AAAA)).hasSize(1);
  }

  @Test
  void podOfAStatefulSetHasItsOwnName() {
    assertThat(addresses("db-1.db", DnsQuery.TYPE_A)).containsExactly("10.0.1.2");
    assertThat(addresses("db-0.db.shop.svc.cluster.local", DnsQuery.TYPE_A))
        .containsExactly("10.0.1.1");
  }

  @Test
  void podThatIsNotThereIsLeftToUpstream() {
    assertThat(resolve("db-7.db", DnsQuery.TYPE_A)).isInstanceOf(DnsAnswer.Forward.class);
  }

  @Test
  void knownNameWithoutARecordOfTheFamilyIsEmptyRatherThanForwarded() {
    assertThat(addresses("db-1.db", DnsQuery.TYPE_AAAA)).isEmpty();
  }

  @Test
  void singleFamilyHeadlessServiceHidesItsPodsOtherAddresses() {
    mesh.with(SmallMesh.service("v4only").ipFamilies(IpFamilies.IPV4_ONLY))
        .with(
            SmallMesh.pod("p", "10.0.2.1", "fd02::1")
                .services(List.of(SmallMesh.endpointOf("v4only"))));

    assertThat(addresses("v4only", DnsQuery.TYPE_AAAA)).isEmpty();
    assertThat(addresses("v4only", DnsQuery.TYPE_A)).containsExactly("10.0.2.1");
  }

  @Test
  void wildcardServiceAnswersForNamesBelowIt() {
    mesh.with(external("*.example.com", "240.240.0.1"));

    assertThat(addresses("a.b.example.com", DnsQuery.TYPE_A)).containsExactly("240.240.0.1");
    assertThat(resolve("example.com", DnsQuery.TYPE_A)).isInstanceOf(DnsAnswer.Forward.class);
  }

  @Test
  void exactServiceWinsOverTheWildcard() {
    mesh.with(external("*.example.com", "240.240.0.1"))
        .with(external("api.example.com", "240.240.0.2"));

    assertThat(addresses("api.example.com", DnsQuery.TYPE_A)).containsExactly("240.240.0.2");
  }

  @Test
  void serviceOutsideTheClusterWithoutVipIsLeftToUpstream() {
    mesh.with(external("api.example.com"));

    assertThat(resolve("api.example.com", DnsQuery.TYPE_A)).isInstanceOf(DnsAnswer.Forward.class);
  }

  @Test
  void vipOfAnotherNetworkIsNotGiven() {
    mesh.with(
        SmallMesh.service("far")
            .vips(List.of(new NetworkAddress("other", IpAddress.parse("10.96.7.7")))));

    assertThat(addresses("far", DnsQuery.TYPE_A)).isEmpty();
  }

  @Test
  void serviceThatTheClientMayNotSeeIsLeftToUpstream() {
    mesh.with(
        Service.builder(new NamespacedHostname("bank", "vault.bank.svc.cluster.local"))
            .name("vault")
            .vips(List.of(new NetworkAddress("", IpAddress.parse("10.96.9.9"))))
            .visibility(Service.Visibility.NAMESPACE));

    assertThat(resolve("vault.bank", DnsQuery.TYPE_A)).isInstanceOf(DnsAnswer.Forward.class);
  }

  @Test
  void podThatTheMeshDoesNotKnowIsLeftToUpstream() {
    mesh.with(Workload.builder("other", new SpiffeId("cluster.local", "other", "x")).name("x"));

    MeshSnapshot snapshot = mesh.snapshot();
    NameTable table =
        new NameTable(
            () -> snapshot,
            new NameCandidates("cluster.local", List.of()),
            null,
            true,
            new Random(1));
    assertThat(table.resolve("nobody", "web.shop", DnsQuery.TYPE_A))
        .isInstanceOf(DnsAnswer.Forward.class);
  }

  private static Service.Builder external(String hostname, String... vips) {
    return Service.builder(new NamespacedHostname("shop", hostname))
        .name(hostname)
        .vips(
            Arrays.stream(vips).map(vip -> new NetworkAddress("", IpAddress.parse(vip))).toList());
  }
}
