package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.proto.workload.IPFamilies;
import dev.groundmesh.meshapi.proto.workload.LoadBalancing;
import dev.groundmesh.meshapi.proto.workload.Service;
import dev.groundmesh.meshapi.proto.workload.Workload;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServicesTest {

  private static final String NAME = "shop/web.shop.svc.cluster.local";

  private static String service(String metadata, String spec) {
    return "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, "
        + metadata
        + "}, spec: {clusterIP: 10.96.0.1, "
        + spec
        + "}}";
  }

  @Test
  void aServiceIsToldWithItsAddressesAndPorts() {
    Service service =
        new TestMesh()
            .file(
                "a.yaml",
                service(
                    "",
                    "clusterIPs: [10.96.0.1, \"fd00::96\"], ipFamilies: [IPv4, IPv6], ports: [{port: 80, name: http-web, targetPort: 8080}, {port: 81, name: x, targetPort: named}]"))
            .service(NAME);

    assertThat(service.getName()).isEqualTo("web");
    assertThat(service.getHostname()).isEqualTo("web.shop.svc.cluster.local");
    assertThat(service.getCanonical()).isTrue();
    assertThat(TestMesh.vips(service)).containsExactly("10.96.0.1", "fd00::96");
    assertThat(service.getIpFamilies()).isEqualTo(IPFamilies.DUAL);
    assertThat(service.getPortsList())
        .extracting(
            p -> p.getServicePort() + " " + p.getTargetPort() + " " + p.getAppProtocol().name())
        .containsExactly("80 8080 HTTP11", "81 0 UNKNOWN");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "80, http, -, TCP, HTTP11",
        "80, http-web, -, TCP, HTTP11",
        "80, http2, -, TCP, HTTP2",
        "80, grpc-x, -, TCP, GRPC",
        "80, grpc-web, -, TCP, UNKNOWN",
        "80, https, -, TCP, TLS",
        "80, tls-x, -, TCP, TLS",
        "80, tcp, -, TCP, TCP",
        "80, redis, -, TCP, UNKNOWN",
        "80, web, -, TCP, UNKNOWN",
        "80, web, kubernetes.io/h2c, TCP, HTTP2",
        "80, web, kubernetes.io/ws, TCP, HTTP11",
        "80, web, kubernetes.io/wss, TCP, TLS",
        "80, http, grpc, TCP, GRPC",
        "3306, db, -, TCP, TCP",
        "53, dns, -, TCP, TCP",
        "53, dns, -, UDP, UNKNOWN"
      })
  void aPortsProtocolComesFromItsName(
      int port, String name, String appProtocol, String protocol, String expected) {
    Service service =
        new TestMesh()
            .file(
                "a.yaml",
                service(
                    "",
                    "ports: [{port: %d, name: %s, protocol: %s%s}]"
                        .formatted(
                            port,
                            name,
                            protocol,
                            appProtocol == null ? "" : ", appProtocol: " + appProtocol)))
            .service(NAME);

    assertThat(service.getPorts(0).getAppProtocol()).hasToString(expected);
  }

  /** Field, own annotation, namespace's annotation; mode and preference. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-                               | -              | -              | UNSPECIFIED_MODE | []",
        "internalTrafficPolicy: Local    | -              | -              | STRICT   | [NODE]",
        "trafficDistribution: PreferClose | -             | -              | FAILOVER | [NETWORK, REGION, ZONE]",
        "trafficDistribution: PreferSameZone | -          | -              | FAILOVER | [NETWORK, REGION, ZONE]",
        "trafficDistribution: PreferSameNode | -          | -              | FAILOVER | [NETWORK, REGION, ZONE, SUBZONE, NODE]",
        "-                               | preferclose    | -              | FAILOVER | [NETWORK, REGION, ZONE]",
        "-                               | -              | PreferSameNode | FAILOVER | [NETWORK, REGION, ZONE, SUBZONE, NODE]",
        "-                               | Any            | PreferSameNode | UNSPECIFIED_MODE | []",
        "trafficDistribution: PreferClose | PreferSameNode | -            | FAILOVER | [NETWORK, REGION, ZONE]"
      })
  void localityPreferenceComesFromTheNearestSetting(
      String field, String own, String namespace, String mode, String preference) {
    String annotation = "networking.istio.io/traffic-distribution: ";
    TestMesh mesh =
        new TestMesh()
            .file(
                "ns.yaml",
                "{apiVersion: v1, kind: Namespace, metadata: {name: shop, annotations: {%s}}}"
                    .formatted(namespace == null ? "" : annotation + namespace))
            .file(
                "a.yaml",
                service(
                    "annotations: {" + (own == null ? "" : annotation + own) + "}",
                    field == null ? "" : field));

    LoadBalancing balancing = mesh.service(NAME).getLoadBalancing();
    assertThat(balancing.getMode()).hasToString(mode);
    assertThat(balancing.getRoutingPreferenceList()).hasToString(preference);
  }

  @Test
  void notReadyAddressesArePublishedOnDemandOfTheService() {
    Service service =
        new TestMesh().file("a.yaml", service("", "publishNotReadyAddresses: true")).service(NAME);

    assertThat(service.getLoadBalancing().getHealthPolicy())
        .isEqualTo(LoadBalancing.HealthPolicy.ALLOW_ALL);
  }

  @Test
  void anExternalNameIsLeftToDns() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: ExternalName, externalName: example.org}}");

    assertThat(mesh.snapshot().addresses()).isEmpty();
  }

  @Test
  void aHeadlessServiceHasNoAddressAndOneThatAwaitsItsAddressGetsOne() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                """
                {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: None}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {ipFamilies: [IPv4]}}
                """);

    assertThat(TestMesh.vips(mesh.service(NAME))).isEmpty();
    assertThat(TestMesh.vips(mesh.service("shop/api.shop.svc.cluster.local")))
        .containsExactly("240.240.0.1");
    assertThat(mesh.status("Service", "shop", "api").addresses()).containsExactly("240.240.0.1");
  }

  @Test
  void aServiceEntryIsOneServicePerHostWithAutomaticAddresses() {
    TestMesh mesh =
        new TestMesh().file("a.yaml", entry("", "hosts: [a.org, b.org], resolution: DNS"));

    assertThat(TestMesh.vips(mesh.service("shop/a.org")))
        .containsExactly("240.240.0.1", "2001:2::1");
    assertThat(TestMesh.vips(mesh.service("shop/b.org")))
        .containsExactly("240.240.0.2", "2001:2::2");
    Workload workload = mesh.workload("Kubernetes/networking.istio.io/ServiceEntry/shop/ext/a.org");
    assertThat(workload.getHostname()).isEqualTo("a.org");
    assertThat(TestMesh.ports(workload)).isEqualTo(Map.of("shop/a.org", List.of("80->8080")));
    assertThat(mesh.status("ServiceEntry", "shop", "ext").addresses())
        .containsExactly("240.240.0.1", "2001:2::1", "240.240.0.2", "2001:2::2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-                                               | hosts: [a.org], resolution: NONE | []",
        "labels: {networking.istio.io/enable-autoallocate-ip: \"false\"} | hosts: [a.org], resolution: DNS | []",
        "-                                               | hosts: [\"*.a.org\"], resolution: DNS | []",
        "-                                               | hosts: [\"*.a.org\"], resolution: DYNAMIC_DNS | [240.240.0.1, 2001:2::1]",
        "-                                               | hosts: [a.org], resolution: STATIC | [240.240.0.1, 2001:2::1]",
        "-                                               | hosts: [a.org], resolution: DNS, addresses: [10.9.1.7/24] | [10.9.1.0/24]"
      })
  void whichHostsGetAutomaticAddresses(String metadata, String spec, String addresses) {
    TestMesh mesh = new TestMesh().file("a.yaml", entry(metadata == null ? "" : metadata, spec));

    String host = spec.contains("*.") ? "shop/*.a.org" : "shop/a.org";
    assertThat(TestMesh.vips(mesh.service(host))).hasToString(addresses);
  }

  @Test
  void withoutResolutionTrafficPassesThrough() {
    Service service =
        new TestMesh().file("a.yaml", entry("", "hosts: [a.org]")).service("shop/a.org");

    assertThat(service.getLoadBalancing().getMode()).isEqualTo(LoadBalancing.Mode.PASSTHROUGH);
    assertThat(service.getLoadBalancing().getHealthPolicy())
        .isEqualTo(LoadBalancing.HealthPolicy.ALLOW_ALL);
    assertThat(service.getCanonical()).isTrue();
  }

  @Test
  void endpointsWrittenIntoAnEntryAreItsWorkloads() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                entry(
                    "",
                    "hosts: [a.org], resolution: STATIC, subjectAltNames: [\"spiffe://x/ns/a/sa/b\"], endpoints: [{address: 10.5.0.1, ports: {http: 9000}, weight: 3}, {address: 10.5.0.2}]"));

    String uid = "Kubernetes/networking.istio.io/ServiceEntry/shop/ext/";
    assertThat(TestMesh.ports(mesh.workload(uid + "10.5.0.1")))
        .isEqualTo(Map.of("shop/a.org", List.of("80->9000")));
    assertThat(TestMesh.ports(mesh.workload(uid + "10.5.0.2")))
        .isEqualTo(Map.of("shop/a.org", List.of("80->8080")));
    assertThat(mesh.service("shop/a.org").getSubjectAltNamesList())
        .containsExactly("spiffe://x/ns/a/sa/b");

    mesh.file(
        "a.yaml",
        entry("", "hosts: [a.org], resolution: STATIC, endpoints: [{address: 10.5.0.2}]"));
    assertThat(mesh.snapshot().address(uid + "10.5.0.1")).isNull();
    assertThat(mesh.lastRemoved()).containsExactly(uid + "10.5.0.1");
  }

  @Test
  void aKubernetesServiceComesBeforeAnEntryOfTheSameHost() {
    TestMesh mesh =
        new TestMesh()
            .file("entry.yaml", entry("", "hosts: [web.shop.svc.cluster.local], resolution: DNS"));
    assertThat(TestMesh.vips(mesh.service(NAME))).hasSize(2);

    mesh.file("service.yaml", service("", ""));
    assertThat(TestMesh.vips(mesh.service(NAME))).containsExactly("10.96.0.1");
    assertThat(mesh.condition("ServiceEntry", "shop", "ext", "groundmesh.dev/HostAccepted"))
        .isEqualTo("HostConflict false");
    assertThat(mesh.snapshot().addresses()).hasSize(1);

    mesh.delete("service.yaml");
    assertThat(mesh.service(NAME).getName()).isEqualTo("ext");
    assertThat(mesh.snapshot().addresses()).hasSize(2);
  }

  @Test
  void automaticAddressesSurviveARestart() {
    AutoAddresses addresses = AutoAddresses.inMemory();
    new TestMesh(CompileSettings.folderDefaults(), addresses)
        .file("b.yaml", entry("", "hosts: [b.org], resolution: DNS").replace("ext", "two"));
    TestMesh after = new TestMesh(CompileSettings.folderDefaults(), addresses);
    after.file("b.yaml", entry("", "hosts: [b.org], resolution: DNS").replace("ext", "two"));

    assertThat(TestMesh.vips(after.service("shop/b.org"))).contains("240.240.0.1");
  }

  private static String entry(String metadata, String spec) {
    return "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ext, namespace: shop, "
        + metadata
        + "}, spec: {ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}], "
        + spec
        + "}}";
  }
}
