package dev.groundmesh.controller;

import static dev.groundmesh.controller.TestAgent.names;
import static dev.groundmesh.controller.compile.TestResources.uid;
import static dev.groundmesh.meshapi.wire.ResourceType.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.xds.DiscoverySettings;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hundred clients that open discovery and say nothing. */
@Timeout(60)
class SilentClientsTest {

  private static final int CLIENTS = 100;

  @Test
  void hundredSilentStreamsHoldUpNobodyAndAreEnded(@TempDir Path directory) throws Exception {
    DiscoverySettings defaults = DiscoverySettings.defaults();
    DiscoverySettings impatient =
        new DiscoverySettings(
            defaults.debounce(),
            Duration.ofSeconds(3),
            defaults.answerTimeout(),
            defaults.maxStreams(),
            defaults.maxStreamsPerAccount(),
            defaults.concurrentSyncs(),
            defaults.rememberedNames());
    try (TestControlPlane control =
        new TestControlPlane(directory, impatient, ServerSettings.defaults())) {
      control.resources.pod("a", "10.0.0.1", "node-1");
      control.serve();
      List<ManagedChannel> channels = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        channels.add(control.channel());
      }
      List<TestAgent> silent = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        silent.add(
            new TestAgent(channels.get(i % channels.size()), control.agentToken("node-" + i)));
      }
      TestAgent good = control.agent("node-1");
      good.subscribe(ADDRESS, Map.of());
      assertThat(names(good.nextAcked())).containsExactly(uid("a"));
      for (TestAgent one : silent) {
        assertThat(one.end().getCode())
            .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
      }
      control.resources.pod("b", "10.0.0.2", "node-1").publish();
      assertThat(names(good.nextAcked())).containsExactly(uid("b"));
      assertThat(control.controlPlane.discovery().connected()).isEqualTo(1);
    }
  }
}
