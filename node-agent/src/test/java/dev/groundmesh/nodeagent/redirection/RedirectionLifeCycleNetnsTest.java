package dev.groundmesh.nodeagent.redirection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.nodeagent.redirection.TestNetns.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Agents as processes of their own in a node's namespace, that hang, are killed and follow each
 * other.
 */
@Tag("netns")
class RedirectionLifeCycleNetnsTest {
  private static final String POD4 = "10.77.1.2";
  private static final String POD6 = "fd77::2";
  private static final String NODE4 = "10.77.1.1";
  private static final String NODE6 = "fd77::1";

  private final TestNetns node = new TestNetns("node");
  private final TestNetns pod = new TestNetns("pod");
  private final TestNetns outside = new TestNetns("out");
  private final Path pins = Path.of("/sys/fs/bpf/kernel-life-" + ProcessHandle.current().pid());

  @BeforeEach
  void join() {
    TestNetns.join(
        pod,
        "eth0",
        List.of(POD4 + "/24", POD6 + "/64"),
        node,
        "pod1",
        List.of(NODE4 + "/24", NODE6 + "/64"));
    TestNetns.join(node, "wire", List.of("10.77.9.1/24"), outside, "eth0", List.of("10.77.9.2/24"));
    node.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    pod.run("ip", "route", "add", "default", "via", NODE4);
    pod.run("ip", "route", "add", "default", "via", NODE6);
    outside.run("ip", "route", "add", "default", "via", "10.77.9.1");
    outside.startPython(Scripts.SERVER, "outside", 8080);
    pod.startPython(Scripts.SERVER, "app", 8080);
  }

  @AfterEach
  void remove() throws IOException {
    node.close();
    pod.close();
    outside.close();
    new Pins(pins).removeAll();
  }

  /** Starts an agent, which has enrolled the pod when this returns. */
  private Program agent(String failMode, int heartbeatTimeoutMillis) {
    return node.start(
        TestAgent.ANSWER,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx64m",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        TestAgent.class.getName(),
        pins.toString(),
        failMode,
        Integer.toString(heartbeatTimeoutMillis),
        pod.path().toString(),
        POD4);
  }

  private String podConnects() {
    return pod.python(Scripts.CLIENT, "10.77.9.2", 8080);
  }

  private String outsideConnects() {
    return outside.python(Scripts.CLIENT, POD4, 8080);
  }

  @Test
  void aKilledAgentFailsClosedAtOnce() {
    Program agent = agent("CLOSED", 60_000);
    assertThat(podConnects()).startsWith("OUTBOUND");

    agent.kill();

    assertThat(podConnects()).isEqualTo("EPERM");
    assertThat(outsideConnects()).isEqualTo("ECONNREFUSED");
  }

  @Test
  void aKilledAgentFailsOpenAtOnceWhereSet() {
    Program agent = agent("OPEN", 60_000);
    assertThat(podConnects()).startsWith("OUTBOUND");

    agent.kill();

    assertThat(podConnects()).startsWith("outside from " + POD4);
    assertThat(outsideConnects()).startsWith("app from 10.77.9.2");
  }

  @Test
  void aHungAgentCountsAsDead() {
    Program agent = agent("CLOSED", 2_000);
    assertThat(podConnects()).startsWith("OUTBOUND");

    agent.ask("hang");

    TestNetns.await(() -> podConnects().equals("EPERM"));
    assertThat(outsideConnects()).isEqualTo("ECONNREFUSED");
  }

  @Test
  void aRestartedAgentCapturesAgain() {
    agent("CLOSED", 60_000).kill();
    assertThat(podConnects()).isEqualTo("EPERM");

    agent("CLOSED", 60_000);

    assertThat(podConnects()).startsWith("OUTBOUND");
    assertThat(outsideConnects()).startsWith("INBOUND_PLAINTEXT");
  }

  @Test
  void aSuccessorTakesOverWithoutARefusedConnection() {
    Program agent = agent("CLOSED", 60_000);
    Program outbound = pod.startPython(Scripts.CONNECT_LOOP, "10.77.9.2", 8080);
    Program inbound = outside.startPython(Scripts.CONNECT_LOOP, POD4, 8080);

    Program successor = agent("CLOSED", 60_000);
    assertThat(agent.ask("handed over")).isEqualTo("true");
    assertThat(agent.ask("close")).isEqualTo("closed");

    assertThat(podConnects()).startsWith("OUTBOUND");
    assertThat(outbound.ask("stop")).matches("[1-9]\\d* 0");
    assertThat(inbound.ask("stop")).matches("[1-9]\\d* 0");
    assertThat(successor.ask("handed over")).isEqualTo("false");
  }

  @Test
  void anAgentThatLeavesTheRedirectionInForceRefusesUntilTheNext() {
    assertThat(agent("CLOSED", 60_000).ask("leave")).isEqualTo("left");
    assertThat(podConnects()).isEqualTo("EPERM");

    agent("CLOSED", 60_000);

    assertThat(podConnects()).startsWith("OUTBOUND");
  }

  @Test
  void theLastAgentRemovesItsRedirection() {
    assertThat(agent("CLOSED", 60_000).ask("close")).isEqualTo("closed");

    assertThat(podConnects()).startsWith("outside from " + POD4);
    assertThat(outsideConnects()).startsWith("app from 10.77.9.2");
    assertThat(node.run("ip", "addr", "show", "dev", "lo")).doesNotContain("169.254.7.127");
  }

  @Test
  void theNodesOwnConnectionsToAPodReachTheApplicationFromTheProbeAddress() {
    agent("CLOSED", 60_000);

    assertThat(node.python(Scripts.CLIENT, POD4, 8080))
        .startsWith("app from " + Layout.PROBE_ADDRESS4.getHostAddress());
    assertThat(node.python(Scripts.CLIENT, "::ffff:" + POD4, 8080))
        .startsWith("app from " + Layout.PROBE_ADDRESS4.getHostAddress());
    assertThat(node.python(Scripts.CLIENT, POD6, 8080))
        .startsWith("app from fd16:9254:7127:1337:ffff:ffff:ffff:ffff");
  }

  @Test
  void probesReachTheApplicationWhileNoAgentLives() {
    agent("CLOSED", 60_000).kill();

    assertThat(node.python(Scripts.CLIENT, POD4, 8080)).startsWith("app from 169.254.7.127");
  }
}
