package dev.groundmesh.ebpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordsTest {
  @Test
  void ipv4AddressesAreWrittenAsIpv6WritesThem() {
    assertThat(HexFormat.of().formatHex(Layout.encode(InetAddress.ofLiteral("192.0.2.7"))))
        .isEqualTo("00000000000000000000ffffc0000207");
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.7", "2001:db8::7", "::1"})
  void addressesOfPodsSurvive(String address) {
    PodAddressKey key = new PodAddressKey(-7, InetAddress.ofLiteral(address));

    assertThat(key.encode()).hasSize(PodAddressKey.BYTES);
    assertThat(PodAddressKey.decode(key.encode())).isEqualTo(key);
  }

  @Test
  void nodeConfigurationsSurvive() {
    NodeConfigRecord config = new NodeConfigRecord(Layout.VERSION, true, 4711, 10_000_000_000L, 3);

    assertThat(config.encode()).hasSize(NodeConfigRecord.BYTES);
    assertThat(NodeConfigRecord.decode(config.encode())).isEqualTo(config);
  }

  @Test
  void podsSurviveWithPortsAbove32767() {
    PodRecord pod =
        new PodRecord(
            true,
            false,
            true,
            5,
            true,
            false,
            Map.of(ListenerKind.OUTBOUND, 65535, ListenerKind.DNS_UDP, 1),
            Map.of());

    assertThat(pod.encode()).hasSize(PodRecord.BYTES);
    assertThat(PodRecord.decode(pod.encode())).isEqualTo(pod);
  }

  @Test
  void devicesSurvive() {
    PodDeviceKey key = new PodDeviceKey(9, 12);

    assertThat(key.encode()).hasSize(PodDeviceKey.BYTES);
    assertThat(PodDeviceKey.decode(key.encode())).isEqualTo(key);
  }

  @Test
  void listenersOfBothFamiliesDiffer() {
    assertThat(new ListenerKey(1, ListenerKind.OUTBOUND, false).encode())
        .hasSize(ListenerKey.BYTES)
        .isNotEqualTo(new ListenerKey(1, ListenerKind.OUTBOUND, true).encode());
  }

  @ParameterizedTest
  @EnumSource
  void refusalsAreReadAsTheProgramsWriteThem(Refusal refusal) {
    byte[] record = event(refusal.number());

    assertThat(RefusalRecord.decode(record))
        .isEqualTo(new RefusalRecord(123, 456, InetAddress.ofLiteral("192.0.2.7"), 50000, refusal));
  }

  @Test
  void anUnknownRefusalIsNamed() {
    assertThatThrownBy(() -> RefusalRecord.decode(event(99)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("refusal: 99 (expected: 1 to 8)");
  }

  @Test
  void aTruncatedRecordIsNamed() {
    assertThatThrownBy(() -> RefusalRecord.decode(new byte[RefusalRecord.BYTES - 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("record: 39 bytes (expected: 40)");
  }

  @ParameterizedTest
  @EnumSource
  void objectsAreInTheJar(EbpfObject object) {
    assertThat(object.read()).startsWith(0x7f, 'E', 'L', 'F');
  }

  private static byte[] event(int refusal) {
    byte[] record = new byte[RefusalRecord.BYTES];
    ByteBuffer.wrap(record)
        .order(ByteOrder.nativeOrder())
        .putLong(123)
        .putLong(456)
        .put(Layout.encode(InetAddress.ofLiteral("192.0.2.7")))
        .putShort((short) 50000)
        .putShort((short) refusal);
    return record;
  }
}
