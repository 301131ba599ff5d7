package dev.groundmesh.controller.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.proto.discovery.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestMessageTest {

  private static RequestMessage read(ByteString bytes) {
    return RequestMessage.MARSHALLER.parse(bytes.newInput());
  }

  @Test
  void fieldsAreThoseOfTheRequestWithoutWhatTheClientHolds() {
    DeltaDiscoveryRequest fields =
        DeltaDiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("ztunnel~10.0.0.1~a.b~c"))
            .setTypeUrl("type.googleapis.com/istio.workload.Address")
            .addResourceNamesSubscribe("*")
            .addResourceNamesUnsubscribe("x")
            .setResponseNonce("nonce")
            .setErrorDetail(Status.newBuilder().setCode(3).setMessage("no"))
            .build();
    RequestMessage message =
        read(
            fields.toBuilder()
                .putInitialResourceVersions("a", "1")
                .putInitialResourceVersions("b", "")
                .build()
                .toByteString());
    assertThat(message.fields()).isEqualTo(fields);
    assertThat(message.retained().toMap()).isEqualTo(Map.of("a", "1", "b", ""));
  }

  @Test
  void requestOfAClientThatHoldsNothingHasNoVersions() {
    assertThat(read(ByteString.EMPTY).retained().isEmpty()).isTrue();
  }

  @Test
  void fieldsOfLaterProtocolsArePassedOver() {
    DeltaDiscoveryRequest request =
        DeltaDiscoveryRequest.newBuilder().putInitialResourceVersions("a", "1").build();
    // Field 99: a varint; field 98: text.
    ByteString later = ByteString.copyFrom(new byte[] {(byte) 0x98, 6, 1, (byte) 0x92, 6, 1, 'x'});
    assertThat(read(request.toByteString().concat(later)).retained().toMap())
        .isEqualTo(Map.of("a", "1"));
  }

  @Test
  void requestThatBreaksOffIsRefused() {
    ByteString whole =
        DeltaDiscoveryRequest.newBuilder()
            .putInitialResourceVersions("a name", "a version")
            .build()
            .toByteString();
    assertThatThrownBy(() -> read(whole.substring(0, whole.size() - 3)))
        .isInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void entryThatBreaksOffIsRefused() {
    // Field 5 with an entry whose name is said to be longer than the entry.
    ByteString entry = ByteString.copyFrom(new byte[] {0x2a, 3, 0x0a, 9, 'a'});
    assertThatThrownBy(() -> read(entry)).isInstanceOf(StatusRuntimeException.class);
  }
}
