package dev.groundmesh.nodeagent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real namespaces, with records of a runtime and of processes that are made up for each case. */
@Tag("netns")
class KubernetesPodRuntimeNetnsTest {
  private static final Path NETNS = Path.of("/var/run/netns");
  private static final String POD = "8f54d89a-aa9d-440c-855a-f67338da3d95";
  private static final String OTHER = "11111111-2222-3333-4444-555555555555";
  private static final String ADDRESS = "192.0.2.1";

  @TempDir Path directory;
  private final List<String> names = new ArrayList<>();
  private Path containerd;
  private Path proc;
  private KubernetesPodRuntime runtime;

  @BeforeEach
  void start() throws IOException {
    containerd = directory.resolve("containerd");
    Files.createDirectories(containerd.resolve("io.containerd.runtime.v2.task/k8s.io"));
    proc = directory.resolve("proc");
    Files.createDirectories(proc.resolve("self"));
    Files.writeString(proc.resolve("self/cgroup"), "0::/system.slice/agent\n");
    runtime = new KubernetesPodRuntime(NETNS, containerd, proc);
  }

  @AfterEach
  void stop() throws Exception {
    runtime.close();
    for (String name : names) {
      ip("netns", "del", name);
    }
  }

  private static void ip(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  /** A namespace with these addresses on a device. */
  private String netns(String what, String... addresses) throws Exception {
    String name = "runtime-" + ProcessHandle.current().pid() + "-" + names.size() + "-" + what;
    ip("netns", "add", name);
    names.add(name);
    ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "host0");
    for (String address : addresses) {
      ip("-n", name, "addr", "add", address + "/24", "dev", "eth0");
    }
    return name;
  }

  private void sandbox(String id, String podUid, String netns) throws IOException {
    Path task = containerd.resolve("io.containerd.runtime.v2.task/k8s.io").resolve(id);
    Files.createDirectories(task);
    Files.writeString(
        task.resolve("config.json"),
        """
        {"annotations": {"io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-uid": "%s"},
         "linux": {"namespaces": [{"type": "network", "path": "/var/run/netns/%s"}]}}
        """
            .formatted(podUid, netns));
  }

  private void process(long pid, String podUid, Path netns) throws IOException {
    Path process = proc.resolve(Long.toString(pid));
    Files.createDirectories(process.resolve("ns"));
    Files.writeString(process.resolve("cgroup"), "0::/kubepods/burstable/pod" + podUid + "/c1\n");
    Files.writeString(
        process.resolve("stat"), pid + " (a b) S" + " 0".repeat(18) + " " + pid + " 0\n");
    Files.createSymbolicLink(process.resolve("ns/net"), netns);
  }

  private static PodEnrolment pod(String... addresses) {
    return new PodEnrolment(
        "Kubernetes//Pod/shop/web",
        "shop",
        "web",
        "default",
        POD,
        Arrays.stream(addresses).map(IpAddress::parse).toList(),
        false,
        PodEnrolment.DnsCapture.DEFAULT,
        List.of(),
        true);
  }

  private void assertFound(String netns, @Nullable String announced) throws IOException {
    try (NetnsHandle found =
            runtime.netnsOf(pod(ADDRESS), announced == null ? null : Path.of(announced));
        NetnsHandle expected = NetnsHandle.open(NETNS.resolve(netns))) {
      assertThat(found.cookie()).isEqualTo(expected.cookie());
    }
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> runtime.netnsOf(pod(ADDRESS), null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aPodIsWhereTheRuntimeAndItsProcessesAre() throws Exception {
    String netns = netns("pod", ADDRESS);
    sandbox("s1", POD, netns);
    process(100, POD, NETNS.resolve(netns));
    assertFound(netns, null);
  }

  @Test
  void withoutRecordsOfARuntimeItsProcessesSuffice() throws Exception {
    String netns = netns("pod", ADDRESS);
    process(100, POD, NETNS.resolve(netns));
    process(101, OTHER, NETNS.resolve(netns("other", "192.0.2.9")));
    assertFound(netns, null);
  }

  @Test
  void whereTheRuntimeAndTheProcessesDisagreeNeitherIsTaken() throws Exception {
    sandbox("s1", POD, netns("recorded", ADDRESS));
    process(100, POD, NETNS.resolve(netns("running", ADDRESS)));
    assertRefused("is not where both the runtime and the processes are");
  }

  @Test
  void theNodesOwnNamespaceIsNeverAPods() throws Exception {
    process(100, POD, Path.of("/proc/self/ns/net"));
    assertRefused("is the node's own");
  }

  @Test
  void aNamespaceWithoutAnAddressOfThePodIsNotItsOwn() throws Exception {
    String netns = netns("pod", "192.0.2.2");
    sandbox("s1", POD, netns);
    process(100, POD, NETNS.resolve(netns));
    assertRefused("has none of the pod's addresses");
  }

  @Test
  void anAddressThatPassedToAnotherPodLeadsNotToThatPod() throws Exception {
    String netns = netns("other", ADDRESS);
    sandbox("s1", OTHER, netns);
    process(100, OTHER, NETNS.resolve(netns));
    assertRefused("no network namespace");
  }

  @Test
  void aRestartedSandboxTakesThePlaceOfTheFormerWhoseNamespaceIsStillThere() throws Exception {
    sandbox("s1", POD, netns("former", "192.0.2.7"));
    String netns = netns("present", ADDRESS);
    sandbox("s2", POD, netns);
    process(100, POD, NETNS.resolve(netns));
    assertFound(netns, null);
  }

  @Test
  void twoNamespacesThatBothFitAreOneTooMany() throws Exception {
    String one = netns("one", ADDRESS);
    String two = netns("two", ADDRESS);
    sandbox("s1", POD, one);
    sandbox("s2", POD, two);
    process(100, POD, NETNS.resolve(one));
    process(101, POD, NETNS.resolve(two));
    assertRefused("expected: exactly one");
  }

  @Test
  void aNamespaceThatAProcessOfThePodMadeForItselfIsNotThePods() throws Exception {
    String netns = netns("pod", ADDRESS);
    sandbox("s1", POD, netns);
    process(100, POD, NETNS.resolve(netns));
    process(101, POD, NETNS.resolve(netns("inner", "192.0.2.3")));
    assertFound(netns, null);
  }

  @Test
  void whatTheCniAnnouncesCountsBeforeThePodHasAProcess() throws Exception {
    String netns = netns("born", ADDRESS);
    assertFound(netns, "/var/run/netns/" + netns);
  }

  @Test
  void whatTheCniAnnouncesMustHaveThePodsAddress() throws Exception {
    String netns = netns("born", "192.0.2.4");
    assertThatThrownBy(() -> runtime.netnsOf(pod(ADDRESS), NETNS.resolve(netns)))
        .hasMessageContaining("has none of the pod's addresses");
  }

  @Test
  void aRecordOfANamespaceThatIsGoneIsNoError() throws Exception {
    sandbox("s0", POD, "cni-gone");
    String netns = netns("pod", ADDRESS);
    sandbox("s1", POD, netns);
    assertFound(netns, null);
  }
}
