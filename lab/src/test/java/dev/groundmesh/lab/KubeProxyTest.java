package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KubeProxyTest {
  @Test
  void aServiceWithoutEndpointsDropsItsConnections() {
    var service =
        new KubeService(
            "shop",
            "web",
            List.of("10.96.0.1"),
            Map.of("app", "web"),
            List.of(new KubeService.Port("http", 80, 8080)));

    assertThat(KubeProxy.rules(List.of(service), List.of()))
        .contains("ip daddr 10.96.0.1 tcp dport 80 drop");
  }

  @Test
  void loadingTheRulesReplacesThoseBefore() {
    assertThat(KubeProxy.rules(List.of(), List.of()))
        .startsWith("table inet groundmesh-lab {}\ndelete table inet groundmesh-lab\n");
  }
}
