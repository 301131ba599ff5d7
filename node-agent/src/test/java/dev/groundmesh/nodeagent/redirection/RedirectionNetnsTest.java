package dev.groundmesh.nodeagent.redirection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.ebpf.Refusal;
import dev.groundmesh.nodeagent.config.FailMode;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import io.netty.channel.socket.SocketProtocolFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One pod and one peer, joined by a cable; the agent is this process, in another namespace than
 * both.
 */
@Tag("netns")
class RedirectionNetnsTest {
  private static final String POD4 = "10.77.1.2";
  private static final String POD6 = "fd77::2";
  private static final String PEER4 = "10.77.1.1";
  private static final String PEER6 = "fd77::1";

  private final TestNetns pod = new TestNetns("pod");
  private final TestNetns peer = new TestNetns("peer");
  private final Path pins = Path.of("/sys/fs/bpf/kernel-test-" + ProcessHandle.current().pid());
  private NetnsHandle netns;
  private TestAgent agent;

  @BeforeEach
  void join() throws IOException {
    TestNetns.join(
        pod,
        "eth0",
        List.of(POD4 + "/24", POD6 + "/64"),
        peer,
        "eth0",
        List.of(PEER4 + "/24", PEER6 + "/64"));
    pod.run("ip", "route", "add", "default", "via", PEER4);
    pod.run("ip", "route", "add", "default", "via", PEER6);
    netns = pod.open();
    agent = new TestAgent(config(FailMode.CLOSED));
  }

  private RedirectionConfig config(FailMode failMode) {
    return new RedirectionConfig(pins, Path.of("/sys/fs/cgroup"), failMode, Duration.ofMinutes(1));
  }

  @AfterEach
  void remove() {
    agent.close();
    netns.close();
    pod.close();
    peer.close();
  }

  private static InetAddress address(String literal) {
    return InetAddress.ofLiteral(literal);
  }

  private static PodCapture capture() {
    return new PodCapture(Set.of(address(POD4), address(POD6)), true, false, List.of());
  }

  private PodRedirection enrol() throws IOException {
    return agent.enrol(netns, capture());
  }

  private List<Refusal> refusals() {
    List<Refusal> refusals = new ArrayList<>();
    agent.node.drainEvents(event -> refusals.add(event.refusal()));
    return refusals;
  }

  @Test
  void leadsIpv4ConnectionsToTheAgent() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, "192.0.2.7", 443))
        .isEqualTo("OUTBOUND 192.0.2.7 443 from " + POD4);
  }

  @Test
  void leadsIpv6ConnectionsToTheAgent() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, "2001:db8::7", 443))
        .isEqualTo("OUTBOUND 2001:db8:0:0:0:0:0:7 443 from fd77:0:0:0:0:0:0:2");
  }

  @Test
  void leadsIpv4ConnectionsOfIpv6SocketsToTheAgent() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, "::ffff:192.0.2.7", 443))
        .isEqualTo("OUTBOUND 192.0.2.7 443 from " + POD4);
  }

  @Test
  void leadsMultipathConnectionsToTheAgent() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, "192.0.2.7", 443, "protocol=262"))
        .isEqualTo("OUTBOUND 192.0.2.7 443 from " + POD4);
  }

  @Test
  void liftsTheBindingToADevice() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 443, "device=eth0"))
        .isEqualTo("OUTBOUND " + PEER4 + " 443 from " + POD4);
    assertThat(agent.node.counters()).containsEntry(Counter.DEVICE_BINDINGS_LIFTED, 1L);
  }

  @Test
  void capturesASocketWhoseProcessLeftTheNamespace() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 443, "unshare=yes"))
        .isEqualTo("OUTBOUND " + PEER4 + " 443 from " + POD4);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x111, 0x539, 7})
  void capturesASocketWithAForgedMark(int mark) throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 443, "mark=" + mark))
        .isEqualTo("OUTBOUND " + PEER4 + " 443 from " + POD4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "0.0.0.0", POD4, POD6})
  void leavesConnectionsToThePodItselfAlone(String host) throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    enrol();

    assertThat(pod.python(Scripts.CLIENT, host, 8080)).startsWith("app from ");
  }

  @Test
  void refusesConnectionsToTheAgentsOwnPort() throws IOException {
    enrol();
    String port =
        pod.run(
            "sh",
            "-c",
            "ss -Hltn src 127.0.0.1 | head -1 | sed 's/.*127.0.0.1:\\([0-9]*\\).*/\\1/'");

    assertThat(pod.python(Scripts.CLIENT, "127.0.0.1", port)).isEqualTo("EPERM");
    assertThat(refusals()).containsExactly(Refusal.AGENT_PORT);
  }

  @Test
  void aBeatWaitsForNobodyWhoChangesTheRedirection() throws Exception {
    NodeRedirection node = agent.node;
    Thread loop = Thread.ofPlatform().daemon().unstarted(node::heartbeat);

    synchronized (node) {
      loop.start();
      loop.join(Duration.ofSeconds(10));
    }

    assertThat(loop.getState()).isEqualTo(Thread.State.TERMINATED);
  }

  @Test
  void aBeatAfterTheEndDoesNothing() throws IOException {
    agent.node.leaveInForce();

    assertThatCode(agent.node::heartbeat).doesNotThrowAnyException();
  }

  @Test
  void leadsArrivingConnectionsToTheAgent() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    enrol();

    assertThat(peer.python(Scripts.CLIENT, POD4, 8080))
        .isEqualTo("INBOUND_PLAINTEXT " + POD4 + " 8080 from " + PEER4);
    assertThat(peer.python(Scripts.CLIENT, POD6, 8080))
        .isEqualTo("INBOUND_PLAINTEXT fd77:0:0:0:0:0:0:2 8080 from fd77:0:0:0:0:0:0:1");
    assertThat(peer.python(Scripts.CLIENT, POD4, 15008))
        .isEqualTo("INBOUND_HBONE " + POD4 + " 15008 from " + PEER4);
  }

  @Test
  void bypassOfInboundCaptureLeavesPlaintextAlone() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    agent.enrol(netns, new PodCapture(capture().addresses(), true, true, List.of()));

    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).startsWith("app from " + PEER4);
    assertThat(peer.python(Scripts.CLIENT, POD4, 15008)).startsWith("INBOUND_HBONE");
  }

  @Test
  void connectionsOpenBeforeEnrolmentStayWithTheirPeer() throws IOException {
    peer.startPython(Scripts.SERVER, "peer", 8080);
    pod.startPython(Scripts.SERVER, "app", 8080);
    TestNetns.Program outbound = pod.startPython(Scripts.TALKER, PEER4, 8080);
    TestNetns.Program inbound = peer.startPython(Scripts.TALKER, POD4, 8080);

    enrol();

    assertThat(outbound.ask("hello")).isEqualTo("hello");
    assertThat(inbound.ask("hello")).isEqualTo("hello");
  }

  @Test
  void connectionsOpenAtReleaseStayWithTheAgent() throws IOException {
    peer.startPython(Scripts.SERVER, "peer", 8080);
    PodRedirection redirection = enrol();
    TestNetns.Program captured = pod.startPython(Scripts.TALKER, PEER4, 8080);

    redirection.release();

    assertThat(captured.ask("hello")).isEqualTo("hello");
    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).startsWith("peer from " + POD4);
  }

  @Test
  void tunnelsToAReleasedPodAreServedForAsLongAsSomebodyListens() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    PodRedirection redirection = enrol();

    redirection.release();

    assertThat(peer.python(Scripts.CLIENT, POD4, 15008)).startsWith("INBOUND_HBONE");
    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).startsWith("app from " + PEER4);
    agent.closeListeners();
    assertThat(peer.python(Scripts.CLIENT, POD4, 15008)).isEqualTo("ECONNREFUSED");
  }

  @Test
  void aReleasedPodIsEnrolledAgainBesideWhatItStillServes() throws IOException {
    PodRedirection former = enrol();
    former.release();

    enrol();
    former.remove();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 443))
        .isEqualTo("OUTBOUND " + PEER4 + " 443 from " + POD4);
  }

  @Test
  void removedRoutesLeaveNoTraceInThePod() throws IOException {
    String before = traces();
    PodRedirection redirection = enrol();
    assertThat(traces()).isNotEqualTo(before);

    redirection.release();
    redirection.remove();

    assertThat(traces()).isEqualTo(before);
  }

  private String traces() {
    return pod.run(
        "sh",
        "-c",
        "ip rule; ip -6 rule; ip route show table all type local; ip -6 route show table all type local;"
            + " cat /proc/sys/net/ipv4/tcp_fwmark_accept /proc/sys/net/ipv?/fwmark_reflect");
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.53", "2001:db8::53", "::ffff:192.0.2.53"})
  void answersDatagramsToADnsServerInItsName(String server) throws IOException {
    enrol();

    assertThat(pod.python(Scripts.DNS_CLIENT, server, "unconnected"))
        .isEqualTo("agent's answer from " + server + " 53");
    assertThat(pod.python(Scripts.DNS_CLIENT, server, "connected"))
        .isEqualTo("agent's answer from " + server + " 53  to " + server);
  }

  @Test
  void leavesDnsAloneWhereItIsNotCaptured() throws IOException {
    peer.startPython(Scripts.SERVER, "peer", 53);
    agent.enrol(netns, new PodCapture(capture().addresses(), false, false, List.of()));

    assertThat(pod.python(Scripts.DNS_CLIENT, PEER4, "connected"))
        .isEqualTo("real answer from " + PEER4 + " 53  to " + PEER4);
  }

  @Test
  void leadsDnsOverTcpToItsOwnListener() throws IOException {
    enrol();

    assertThat(pod.python(Scripts.CLIENT, "192.0.2.53", 53))
        .isEqualTo("DNS_TCP 192.0.2.53 53 from " + POD4);
  }

  @Test
  void takesConnectionsOfVirtualInterfacesAsOutbound() throws IOException {
    TestNetns machine = new TestNetns("vm");
    try {
      TestNetns.join(pod, "vm0", List.of("10.77.2.1/24"), machine, "eth0", List.of("10.77.2.2/24"));
      machine.run("ip", "route", "add", "default", "via", "10.77.2.1");
      pod.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
      agent.enrol(netns, new PodCapture(capture().addresses(), true, false, List.of("vm0")));

      assertThat(machine.python(Scripts.CLIENT, "192.0.2.7", 443))
          .isEqualTo("OUTBOUND 192.0.2.7 443 from 10.77.2.2");
    } finally {
      machine.close();
    }
  }

  @Test
  void aSecondEnrolmentReplacesTheSettings() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    enrol();

    agent.enrol(netns, new PodCapture(capture().addresses(), true, true, List.of()));

    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).startsWith("app from " + PEER4);
    assertThat(pod.python(Scripts.CLIENT, "192.0.2.7", 443)).startsWith("OUTBOUND");
  }

  @Test
  void refusesWithoutListenersWhereItFailsClosed() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    peer.startPython(Scripts.SERVER, "peer", 8080);
    enrol();

    agent.closeListeners();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).isEqualTo("EPERM");
    assertThat(pod.python(Scripts.CLIENT, PEER6, 8080)).isEqualTo("EPERM");
    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).isEqualTo("ECONNREFUSED");
    assertThat(pod.python(Scripts.DNS_CLIENT, PEER4, "unconnected")).isEqualTo("EPERM");
    assertThat(refusals())
        .containsExactly(
            Refusal.OUTBOUND_AGENT_GONE,
            Refusal.OUTBOUND_AGENT_GONE,
            Refusal.INBOUND_AGENT_GONE,
            Refusal.DNS_AGENT_GONE);
  }

  @Test
  void goesDirectWithoutListenersWhereItFailsOpen() throws IOException {
    agent.close();
    agent = new TestAgent(config(FailMode.OPEN));
    pod.startPython(Scripts.SERVER, "app", 8080);
    peer.startPython(Scripts.SERVER, "peer", 8080);
    enrol();

    agent.closeListeners();

    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).startsWith("peer from " + POD4);
    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).startsWith("app from " + PEER4);
  }

  @Test
  void aLivingAgentLetsNobodyPastOverAFamilyThatItHasNoListenerFor() throws IOException {
    agent.close();
    agent = new TestAgent(config(FailMode.OPEN));
    pod.startPython(Scripts.SERVER, "app", 8080);
    agent.enrol(
        netns,
        new PodCapture(Set.of(address(POD4)), false, false, List.of()),
        List.of(SocketProtocolFamily.INET));

    assertThat(peer.python(Scripts.CLIENT, POD4, 8080)).startsWith("INBOUND_PLAINTEXT");
    assertThat(peer.python(Scripts.CLIENT, POD6, 8080)).isEqualTo("ECONNREFUSED");
  }

  @Test
  void aLivingAgentLetsItsPodPastOverNoFamilyThatItHasNoListenerFor() throws IOException {
    agent.close();
    agent = new TestAgent(config(FailMode.OPEN));
    peer.startPython(Scripts.SERVER, "peer", 8080);
    agent.enrol(
        netns,
        new PodCapture(Set.of(address(POD4)), false, false, List.of()),
        List.of(SocketProtocolFamily.INET));

    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).startsWith("OUTBOUND");
    assertThat(pod.python(Scripts.CLIENT, PEER6, 8080)).isEqualTo("EPERM");
    assertThat(refusals()).containsExactly(Refusal.OUTBOUND_AGENT_GONE);
  }

  @Test
  void leavesPodsOfAnotherAgentAlone() throws IOException {
    peer.startPython(Scripts.SERVER, "peer", 8080);
    RedirectionConfig elsewhere =
        new RedirectionConfig(
            Path.of(pins + "-other"),
            Path.of("/sys/fs/cgroup"),
            FailMode.CLOSED,
            Duration.ofMinutes(1));
    try (TestAgent other = new TestAgent(elsewhere)) {
      enrol();
      assertThat(other.node.counters()).containsEntry(Counter.OUTBOUND_CAPTURED, 0L);
      assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).startsWith("OUTBOUND");
    }
    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).startsWith("OUTBOUND");
  }

  @Test
  void aDeletedPodIsNoticedAndNotKeptAlive() throws IOException {
    PodRedirection redirection = enrol();
    assertThat(redirection.netnsGone()).isFalse();

    pod.delete();

    assertThat(redirection.netnsGone()).isTrue();
    redirection.release();
    agent.closeListeners();
    netns.close();
    TestNetns.await(() -> !peer.run("ip", "link").contains("eth0"));
  }

  @Test
  void closingRemovesEverything() throws IOException {
    String before = traces();
    enrol();

    agent.close();

    assertThat(Files.exists(pins.resolve("links/connect4"))).isFalse();
    assertThat(Files.exists(pins.resolve("maps/node_config"))).isFalse();
    assertThat(traces()).isEqualTo(before);
    assertThat(pod.python(Scripts.CLIENT, PEER4, 8080)).isEqualTo("ECONNREFUSED");
    agent = new TestAgent(config(FailMode.CLOSED));
  }

  @Test
  void aProbeAddressIsKnownToThePodsProgram() throws IOException {
    pod.startPython(Scripts.SERVER, "app", 8080);
    String probe = Layout.PROBE_ADDRESS4.getHostAddress();
    peer.run("ip", "addr", "add", probe + "/32", "dev", "lo");
    enrol();

    assertThat(peer.python(Scripts.CLIENT, POD4, 8080, "bind=" + probe))
        .startsWith("app from " + probe);
  }
}
