package dev.groundmesh.nodeagent.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class RelayedConnectionNetnsTest {
  private final LoopConnections connections = new LoopConnections();
  private NetnsHandle netns;
  private LocalPod pod;

  @BeforeEach
  void pod() throws IOException {
    AgentConfig config = AgentConfig.fromEnvironment(Map.of("NODE_NAME", "node-1"), 1);
    netns = NetnsHandle.own();
    pod =
        new LocalPod(
            new PodEnrolment(
                "uid",
                "shop",
                "web",
                "web",
                "runtime",
                List.of(IpAddress.parse("10.0.0.1")),
                false,
                PodEnrolment.DnsCapture.DEFAULT,
                List.of(),
                true),
            new PodSockets(netns, config.connections()),
            1);
  }

  @AfterEach
  void close() {
    netns.close();
  }

  /** One whose other end never answers. */
  private final class Waiting extends RelayedConnection {
    private final List<ReasonCode> abandoned = new ArrayList<>();

    Waiting() {
      super(pod, connections);
      begin();
    }

    @Override
    public @Nullable ConnectionFacts facts() {
      return null;
    }

    @Override
    protected void abandon(ReasonCode reason) {
      abandoned.add(reason);
      end(new ConnectionEnd(reason, null));
    }
  }

  @Test
  void whatIsNeverAnsweredIsGivenUpAfterAMinute() {
    assertThat(pod.tryOpen()).isTrue();
    Waiting waiting = new Waiting();
    for (int i = 0; i < RelayedConnection.MOST_TICKS_ON_ITS_WAY; i++) {
      waiting.tick();
    }
    assertThat(waiting.abandoned).isEmpty();

    waiting.tick();
    waiting.tick();

    assertThat(waiting.abandoned).containsExactly(ReasonCode.HBONE_TIMEOUT);
    assertThat(connections.size()).isZero();
    assertThat(pod.connections()).isZero();
  }
}
