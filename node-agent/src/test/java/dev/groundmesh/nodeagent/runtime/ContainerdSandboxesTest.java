package dev.groundmesh.nodeagent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.nodeagent.runtime.ContainerdSandboxes.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerdSandboxesTest {
  private static final String SANDBOX =
      """
      {"ociVersion": "1.0.2", "process": {"args": ["/pause"], "user": {"uid": 0}},
       "annotations": {"io.kubernetes.cri.container-type": "%s", "io.kubernetes.cri.sandbox-id": "x",
                       "io.kubernetes.cri.sandbox-uid": "%s"},
       "linux": {"resources": {"devices": [{"allow": false}]},
                 "namespaces": [{"type": "pid"}, %s {"type": "mount"}], "maskedPaths": ["/proc/acpi"]}}
      """;
  private static final String NETWORK = "{\"type\": \"network\", \"path\": \"/var/run/netns/%s\"},";

  @TempDir Path state;
  private Path tasks;
  private ContainerdSandboxes sandboxes;

  @BeforeEach
  void directories() throws IOException {
    tasks = Files.createDirectories(state.resolve("io.containerd.runtime.v2.task/k8s.io"));
    sandboxes = new ContainerdSandboxes(state);
  }

  private void container(String id, String config) throws IOException {
    Files.writeString(Files.createDirectory(tasks.resolve(id)).resolve("config.json"), config);
  }

  @Test
  void theSandboxOfAPodIsFoundByItsUid() throws IOException {
    container("s1", SANDBOX.formatted("sandbox", "u1", NETWORK.formatted("cni-1")));
    container("c1", SANDBOX.formatted("container", "u1", NETWORK.formatted("cni-1")));
    container("s2", SANDBOX.formatted("sandbox", "u2", NETWORK.formatted("cni-2")));

    assertThat(sandboxes.of("u1"))
        .containsExactly(new Sandbox("s1", "u1", Path.of("/var/run/netns/cni-1")));
    assertThat(sandboxes.of("u3")).isEmpty();
  }

  @Test
  void aSandboxInTheNodesOwnNamespaceIsNone() throws IOException {
    container("s1", SANDBOX.formatted("sandbox", "u1", ""));

    assertThat(sandboxes.of("u1")).isEmpty();
  }

  @Test
  void aRestartedSandboxIsSeenAndItsPredecessorForgotten() throws IOException {
    container("s1", SANDBOX.formatted("sandbox", "u1", NETWORK.formatted("cni-1")));
    assertThat(sandboxes.of("u1")).hasSize(1);
    container("s2", SANDBOX.formatted("sandbox", "u1", NETWORK.formatted("cni-2")));
    assertThat(sandboxes.of("u1")).hasSize(2);
    Files.delete(tasks.resolve("s1/config.json"));
    Files.delete(tasks.resolve("s1"));

    assertThat(sandboxes.of("u1")).extracting(Sandbox::id).containsExactly("s2");
  }

  @Test
  void aConfigurationThatCannotBeReadHidesNoOther() throws IOException {
    container("bad", "{\"annotations\": {\"io.kubernetes");
    container("list", "[1, 2]");
    Files.createDirectory(tasks.resolve("beginning"));
    container("s1", SANDBOX.formatted("sandbox", "u1", NETWORK.formatted("cni-1")));

    assertThat(sandboxes.of("u1")).hasSize(1);
  }

  @Test
  void aNodeOfAnotherRuntimeHasNone() throws IOException {
    assertThat(new ContainerdSandboxes(state.resolve("absent")).of("u1")).isEmpty();
  }
}
