package dev.groundmesh.meshapi.wire;

import static dev.groundmesh.meshapi.TestMesh.id;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.model.WorkloadStatus;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.Port;
import dev.groundmesh.meshapi.proto.workload.PortList;
import dev.groundmesh.meshapi.wire.MeshDelta.Removal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseDecoderTest {

  private static final String UID = "Kubernetes//Pod/shop/web-0";
  private static final ByteString IP = ByteString.copyFrom(new byte[] {10, 0, 0, 1});

  private final ResponseDecoder decoder = new ResponseDecoder();

  @Test
  void emptyFieldsOfAWorkloadHaveTheirDefaults() {
    Workload workload = workload(proto().build());
    assertThat(workload.identity()).isEqualTo(id("shop", "default"));
    assertThat(workload.capacity()).isEqualTo(1);
    assertThat(workload.waypoint()).isNull();
    assertThat(workload.applicationTunnel()).isNull();
    assertThat(workload.addresses()).containsExactly(ip("10.0.0.1"));
  }

  @Test
  void badResourceIsNamedAndTheGoodOnesApply() {
    DecodedResponse decoded =
        decoder.decode(
            response(
                address(
                    "Kubernetes//Pod/shop/bad",
                    proto()
                        .setUid("Kubernetes//Pod/shop/bad")
                        .addAddresses(ByteString.copyFrom(new byte[3]))
                        .build()),
                address(UID, proto().build())));
    assertThat(decoded.delta().workloads()).hasSize(1);
    assertThat(decoded.rejected())
        .extracting(DecodedResponse.Rejection::message)
        .containsExactly(
            "Kubernetes//Pod/shop/bad: addresses[1]: 3 bytes (expected: 4 or 16 bytes)");
  }

  @Test
  void everyRejectionNamesFieldValueAndExpectation() {
    assertThat(rejectionOf(proto().clearNamespace()))
        .isEqualTo(UID + ": namespace: (empty) (expected: a value)");
    assertThat(rejectionOf(proto().setServiceAccount("a/b")))
        .startsWith(UID + ": identity.serviceAccount: a/b (expected:");
    assertThat(
            rejectionOf(
                proto()
                    .putServices(
                        "shop/web",
                        PortList.newBuilder()
                            .addPorts(Port.newBuilder().setServicePort(70000))
                            .build())))
        .isEqualTo(
            UID + ": services[shop/web].ports[0].service_port: 70000 (expected: 1 to 65535)");
    assertThat(rejectionOf(proto().putServices("web", PortList.getDefaultInstance())))
        .isEqualTo(UID + ": services[web]: web (expected: <namespace>/<hostname>)");
    assertThat(rejectionOf(proto().setUid("other")))
        .isEqualTo(UID + ": name: " + UID + " (expected: other)");
  }

  @Test
  void resourceThatIsMissingOrOfAnotherTypeOrGarbageIsRejected() {
    Resource missing = Resource.newBuilder().setName("a").build();
    Resource otherType =
        Resource.newBuilder().setName("b").setResource(Any.newBuilder().setTypeUrl("x/y")).build();
    Resource garbage =
        Resource.newBuilder()
            .setName("c")
            .setResource(
                Any.newBuilder()
                    .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                    .setValue(ByteString.copyFromUtf8("not a proto")))
            .build();
    Resource neither = resource(ResourceType.ADDRESS, "d", "", Address.getDefaultInstance());
    assertThat(decoder.decode(response(missing, otherType, garbage, neither)).rejected())
        .extracting(DecodedResponse.Rejection::name)
        .containsExactly("a", "b", "c", "d");
  }

  @Test
  void versionsAndRemovalsAreKept() {
    DecodedResponse decoded =
        decoder.decode(
            DeltaDiscoveryResponse.newBuilder()
                .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                .addResources(
                    resource(
                        ResourceType.ADDRESS,
                        UID,
                        "v7",
                        Address.newBuilder().setWorkload(proto()).build()))
                .addRemovedResources("gone")
                .build());
    assertThat(decoded.delta().workloads().getFirst().version()).isEqualTo("v7");
    assertThat(decoded.delta().removed())
        .containsExactly(new Removal(ResourceType.ADDRESS, "gone"));
  }

  @Test
  void unknownTypeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> decoder.decode(DeltaDiscoveryResponse.newBuilder().setTypeUrl("x").build()))
        .withMessage("type_url: x (expected: a type that was subscribed to)");
  }

  @Test
  void unknownFieldsAreIgnored() throws Exception {
    byte[] known = proto().build().toByteArray();
    byte[] withUnknown = Arrays.copyOf(known, known.length + 3);
    withUnknown[known.length] = (byte) 0xb8;
    withUnknown[known.length + 1] = 0x3e;
    withUnknown[known.length + 2] = 1;
    var proto = dev.groundmesh.meshapi.proto.workload.Workload.parseFrom(withUnknown);
    assertThat(workload(proto)).isEqualTo(workload(proto().build()));
  }

  @Test
  void unknownTunnelProtocolIsNotTakenForPlainText() {
    assertThat(limited(proto().setTunnelProtocolValue(9)).tunnelProtocol())
        .isEqualTo(TunnelProtocol.UNSUPPORTED);
  }

  @Test
  void unknownNetworkModeKeepsTheWorkloadsAddress() {
    assertThat(limited(proto().setNetworkModeValue(9)).networkMode())
        .isEqualTo(NetworkMode.STANDARD);
  }

  @Test
  void unknownStatusIsUnhealthy() {
    assertThat(limited(proto().setStatusValue(9)).status()).isEqualTo(WorkloadStatus.UNHEALTHY);
  }

  @Test
  void unknownApplicationTunnelIsKeptAsUnsupported() {
    Workload workload =
        limited(
            proto()
                .setApplicationTunnel(
                    dev.groundmesh.meshapi.proto.workload.ApplicationTunnel.newBuilder()
                        .setProtocolValue(9)));
    assertThat(workload.applicationTunnel())
        .isEqualTo(new ApplicationTunnel(ApplicationTunnel.Protocol.UNSUPPORTED, 0));
  }

  @Test
  void waypointWithoutAKnownDestinationIsStillAWaypoint() {
    Workload workload =
        limited(
            proto()
                .setWaypoint(
                    dev.groundmesh.meshapi.proto.workload.GatewayAddress.newBuilder()
                        .setHboneMtlsPort(15008)));
    assertThat(workload.waypoint())
        .isEqualTo(new GatewayAddress(new GatewayAddress.Unsupported(), 15008));
  }

  @Test
  void unknownValuesOfAServiceAreReadStrictly() {
    var proto =
        serviceProto()
            .setVisibilityValue(9)
            .setLoadBalancing(
                dev.groundmesh.meshapi.proto.workload.LoadBalancing.newBuilder()
                    .addRoutingPreferenceValue(99)
                    .setModeValue(9)
                    .setHealthPolicyValue(9));
    DecodedResponse decoded = decoder.decode(response(service(proto.build())));
    Service service = decoded.delta().services().getFirst().resource();
    assertThat(service.visibility()).isEqualTo(Service.Visibility.NAMESPACE);
    assertThat(service.loadBalancing())
        .isEqualTo(
            new LoadBalancing(
                List.of(LoadBalancing.Scope.UNSUPPORTED),
                LoadBalancing.Mode.FAILOVER,
                LoadBalancing.HealthPolicy.ONLY_HEALTHY));
    assertThat(decoded.limited()).hasSize(4);
  }

  @Test
  void rangesOfAServiceAreToldFromItsVips() {
    var proto =
        serviceProto()
            .addAddresses(networkAddress(10, 96, 0, 1))
            .addAddresses(networkAddress(10, 97, 0, 1).setLength(32))
            .addAddresses(networkAddress(10, 98, 0, 0).setLength(16));
    Service service =
        decoder.decode(response(service(proto.build()))).delta().services().getFirst().resource();
    assertThat(service.vips())
        .containsExactly(
            new NetworkAddress("", ip("10.96.0.1")), new NetworkAddress("", ip("10.97.0.1")));
    assertThat(service.vipRanges())
        .containsExactly(new NetworkRange("", AddressRange.parse("10.98.0.0/16")));
  }

  @Test
  void rangeThatIsTooLongIsRejected() {
    var proto = serviceProto().addAddresses(networkAddress(10, 96, 0, 1).setLength(33));
    assertThat(decoder.decode(response(service(proto.build()))).rejected())
        .extracting(DecodedResponse.Rejection::message)
        .containsExactly("shop/web.example: addresses[0].length: 33 (expected: 0 to 32)");
  }

  @Test
  void namesOfOtherFormsAmongTheSubjectAltNamesAreSkipped() {
    var proto =
        serviceProto()
            .addSubjectAltNames("web.example")
            .addSubjectAltNames("spiffe://cluster.local/ns/shop/sa/web");
    Service service =
        decoder.decode(response(service(proto.build()))).delta().services().getFirst().resource();
    assertThat(service.subjectAltNames()).containsExactly(id("shop", "web"));
  }

  @Test
  void hostNamesAreKeptInLowerCase() {
    var proto = serviceProto().setHostname("Web.Example").build();
    Resource resource =
        resource(
            ResourceType.ADDRESS,
            "shop/Web.Example",
            "",
            Address.newBuilder().setService(proto).build());
    assertThat(
            decoder.decode(response(resource)).delta().services().getFirst().resource().hostname())
        .isEqualTo("web.example");
  }

  @Test
  void valuesThatRepeatAreKeptOnce() {
    Workload one = workload(proto().setNode(new String("node-1")).build());
    Workload two = workload(proto().setNode(new String("node-1")).build());
    assertThat(one.node()).isSameAs(two.node());
    assertThat(one.identity()).isSameAs(two.identity());
    assertThat(one.locality()).isSameAs(two.locality());
  }

  @FuzzTest
  void anyBytesAreDecodedOrRejected(byte[] body) {
    for (ResourceType type : ResourceType.values()) {
      Resource resource =
          Resource.newBuilder()
              .setName("shop/web")
              .setResource(
                  Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(ByteString.copyFrom(body)))
              .build();
      decoder.decode(type, List.of(resource), List.of());
    }
    try {
      decoder.decode(DeltaDiscoveryResponse.parseFrom(body));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private Workload limited(dev.groundmesh.meshapi.proto.workload.Workload.Builder proto) {
    DecodedResponse decoded = decoder.decode(response(address(UID, proto.build())));
    assertThat(decoded.limited()).hasSize(1);
    assertThat(decoded.limited().getFirst().message()).contains("(expected:");
    return decoded.delta().workloads().getFirst().resource();
  }

  private Workload workload(dev.groundmesh.meshapi.proto.workload.Workload proto) {
    DecodedResponse decoded = decoder.decode(response(address(UID, proto)));
    assertThat(decoded.rejected()).isEmpty();
    return decoded.delta().workloads().getFirst().resource();
  }

  private String rejectionOf(dev.groundmesh.meshapi.proto.workload.Workload.Builder proto) {
    return decoder.decode(response(address(UID, proto.build()))).rejected().getFirst().message();
  }

  private static dev.groundmesh.meshapi.proto.workload.Workload.Builder proto() {
    return dev.groundmesh.meshapi.proto.workload.Workload.newBuilder()
        .setUid(UID)
        .setName("web-0")
        .setNamespace("shop")
        .addAddresses(IP);
  }

  private static dev.groundmesh.meshapi.proto.workload.Service.Builder serviceProto() {
    return dev.groundmesh.meshapi.proto.workload.Service.newBuilder()
        .setNamespace("shop")
        .setHostname("web.example");
  }

  private static dev.groundmesh.meshapi.proto.workload.NetworkAddress.Builder networkAddress(
      int a, int b, int c, int d) {
    return dev.groundmesh.meshapi.proto.workload.NetworkAddress.newBuilder()
        .setAddress(ByteString.copyFrom(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d}));
  }

  private static Resource address(
      String name, dev.groundmesh.meshapi.proto.workload.Workload workload) {
    return resource(
        ResourceType.ADDRESS, name, "", Address.newBuilder().setWorkload(workload).build());
  }

  private static Resource service(dev.groundmesh.meshapi.proto.workload.Service service) {
    return resource(
        ResourceType.ADDRESS,
        service.getNamespace() + "/" + service.getHostname(),
        "",
        Address.newBuilder().setService(service).build());
  }

  private static Resource resource(
      ResourceType type, String name, String version, MessageLite body) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(body.toByteString()))
        .build();
  }

  private static DeltaDiscoveryResponse response(Resource... resources) {
    return DeltaDiscoveryResponse.newBuilder()
        .setTypeUrl(ResourceType.ADDRESS.typeUrl())
        .addAllResources(List.of(resources))
        .build();
  }
}
