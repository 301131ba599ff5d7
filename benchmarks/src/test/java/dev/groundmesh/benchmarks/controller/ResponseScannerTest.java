package dev.groundmesh.benchmarks.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseScannerTest {

  private final List<String> nonces = new ArrayList<>();
  private final ResponseScanner scanner = new ResponseScanner(nonces::add);

  private static ByteBuf onTheWire(DeltaDiscoveryResponse... responses) {
    ByteBuf wire = Unpooled.buffer();
    for (DeltaDiscoveryResponse response : responses) {
      byte[] encoded = response.toByteArray();
      wire.writeByte(0).writeInt(encoded.length).writeBytes(encoded);
    }
    return wire;
  }

  private static DeltaDiscoveryResponse response(String nonce, int resources) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setSystemVersionInfo("7")
            .setTypeUrl("a type")
            .setNonce(nonce)
            .addRemovedResources("gone");
    for (int i = 0; i < resources; i++) {
      response.addResources(
          Resource.newBuilder()
              .setName("resource-" + i)
              .setResource(Any.newBuilder().setValue(ByteString.copyFrom(new byte[300]))));
    }
    return response.build();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 100, 4_096, 1_000_000})
  void noncesAreFoundInPiecesOfAnySize(int size) {
    ByteBuf wire = onTheWire(response("first", 200), response("second", 0), response("third", 1));
    while (wire.isReadable()) {
      scanner.read(wire.readSlice(Math.min(size, wire.readableBytes())));
    }
    assertThat(nonces).containsExactly("first", "second", "third");
  }

  @Test
  void aResponseIsAnsweredWhenItsLastByteIsThere() {
    ByteBuf wire = onTheWire(response("only", 3));
    scanner.read(wire.readSlice(wire.readableBytes() - 1));
    assertThat(nonces).isEmpty();
    scanner.read(wire);
    assertThat(nonces).containsExactly("only");
  }

  @Test
  void aFieldThatNoResponseHasIsRefused() {
    ByteBuf wire = Unpooled.buffer().writeByte(0).writeInt(2).writeByte(9 << 3).writeByte(1);
    assertThatThrownBy(() -> scanner.read(wire)).hasMessageContaining("field: 9");
  }
}
