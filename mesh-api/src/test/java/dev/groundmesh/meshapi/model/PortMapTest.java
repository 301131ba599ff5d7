package dev.groundmesh.meshapi.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PortMapTest {

  private static final Port HTTP = new Port(80, 8080, AppProtocol.HTTP11);
  private static final Port REDIS = new Port(6379, 6379, AppProtocol.TCP);

  @Test
  void portsAreFoundByTheirServicePort() {
    PortMap ports = PortMap.of(REDIS, HTTP);
    assertThat(ports.find(80)).isEqualTo(HTTP);
    assertThat(ports.find(8080)).isNull();
  }

  @Test
  void orderDoesNotMatter() {
    assertThat(PortMap.of(REDIS, HTTP))
        .isEqualTo(PortMap.of(HTTP, REDIS))
        .hasSameHashCodeAs(PortMap.of(HTTP, REDIS));
  }

  @Test
  void lastOfTwoPortsWithTheSameNumberCounts() {
    Port later = new Port(80, 9090, AppProtocol.UNKNOWN);
    assertThat(PortMap.of(HTTP, later).asList()).containsExactly(later);
  }
}
