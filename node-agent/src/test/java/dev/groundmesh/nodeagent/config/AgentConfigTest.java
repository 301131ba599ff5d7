package dev.groundmesh.nodeagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
  private static AgentConfig read(String... pairs) {
    Map<String, String> variables = new HashMap<>(Map.of("NODE_NAME", "node-1"));
    for (int i = 0; i < pairs.length; i += 2) {
      variables.put(pairs[i], pairs[i + 1]);
    }
    return AgentConfig.fromEnvironment(variables, 8);
  }

  @Test
  void defaultsAreThoseOfTheWireContract() {
    AgentConfig config = read();
    assertThat(config.clusterId()).isEqualTo("Kubernetes");
    assertThat(config.failMode()).isEqualTo(FailMode.CLOSED);
    assertThat(config.workerThreads()).isEqualTo(2);
    assertThat(config.controlPlane().caAddress()).isEqualTo(config.controlPlane().xdsAddress());
    assertThat(config.connections().maxStreamsPerTunnel()).isEqualTo(100);
    assertThat(config.admin()).isEqualTo(new AdminConfig(15000, 15020, 15021, true));
  }

  @Test
  void nodeNameIsRequired() {
    assertThatThrownBy(() -> AgentConfig.fromEnvironment(Map.of(), 1))
        .isInstanceOf(ConfigException.class)
        .hasMessage("NODE_NAME: (not set) (expected: the name of the node that this agent serves)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GROUNDMESH_FAIL_MODE|ajar|closed or open",
        "GROUNDMESH_SAME_NODE|both|direct or tunnel",
        "GROUNDMESH_WORKER_THREADS|0|a whole number from 1 to 256",
        "GROUNDMESH_ADMIN_PORT|70000|a whole number from 1 to 65535",
        "SECRET_TTL|soon|a number with the unit ms, s, m or h, as in 10s",
        "IPV6_ENABLED|yes|true or false",
        "XDS_ADDRESS|http://istiod:15010|https://host:port",
        "HTTP2_CONNECTION_WINDOW_SIZE|4194304|more than HTTP2_STREAM_WINDOW_SIZE, 4194304",
      })
  void badValueIsNamedWithWhatWasExpected(String name, String value, String expected) {
    assertThatThrownBy(() -> read(name, value))
        .isInstanceOf(ConfigException.class)
        .hasMessage(name + ": " + value + " (expected: " + expected + ")");
  }

  @ParameterizedTest
  @CsvSource({"30,25", "11,6", "10,9", "2,1", "0,1"})
  void drainDeadlineEndsBeforeTheGracePeriod(String grace, long seconds) {
    assertThat(read("TERMINATION_GRACE_PERIOD_SECONDS", grace).drainDeadline())
        .isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void explicitDeadlineBeatsTheGracePeriod() {
    AgentConfig config =
        read("TERMINATION_GRACE_PERIOD_SECONDS", "30", "CONNECTION_TERMINATION_DEADLINE", "1500ms");
    assertThat(config.drainDeadline()).isEqualTo(Duration.ofMillis(1500));
  }

  @Test
  void onDemandIsRefusedWhileDnsIsCaptured() {
    assertThatThrownBy(() -> read("XDS_ON_DEMAND", "true"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("XDS_ON_DEMAND: true");
    assertThat(
            read("XDS_ON_DEMAND", "true", "ISTIO_META_DNS_CAPTURE", "false")
                .controlPlane()
                .onDemand())
        .isTrue();
  }

  @Test
  void systemRootsAreChosenByName() {
    assertThat(read("XDS_ROOT_CA", "SYSTEM").controlPlane().xdsRoot()).isEmpty();
    assertThat(read("XDS_ROOT_CA", "/roots.pem").controlPlane().xdsRoot())
        .isEqualTo(Optional.of(Path.of("/roots.pem")));
  }

  @Test
  void headersAndMetadataAreTakenByPrefix() {
    AgentConfig config =
        read("XDS_HEADER_x-one", "1", "CA_HEADER_x-two", "2", "ISTIO_META_KEY", "v");
    assertThat(config.controlPlane().xdsHeaders()).isEqualTo(Map.of("x-one", "1"));
    assertThat(config.controlPlane().caHeaders()).isEqualTo(Map.of("x-two", "2"));
    assertThat(config.controlPlane().metadata()).isEqualTo(Map.of("KEY", "v"));
  }
}
