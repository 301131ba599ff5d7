package dev.groundmesh.nodeagent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CgroupPodsTest {
  private static final String UID = "8f54d89a-aa9d-440c-855a-f67338da3d95";
  private static final String OTHER = "11111111-2222-3333-4444-555555555555";
  private static final List<String> ROOT = List.of("0::/");

  @ParameterizedTest
  @CsvSource({
    "0::/kubepods/burstable/pod8f54d89a-aa9d-440c-855a-f67338da3d95/933b73",
    "0::/kubepods/pod8f54d89a-aa9d-440c-855a-f67338da3d95/933b73",
    "9:name=systemd:/kubepods/besteffort/pod8f54d89a-aa9d-440c-855a-f67338da3d95/933b73",
    "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8f54d89a_aa9d_440c_855a_f67338da3d95.slice/cri-containerd-933b73.scope",
    "0::/kubepods.slice/kubepods-pod8f54d89a_aa9d_440c_855a_f67338da3d95.slice/crio-933b73.scope",
    "0::/../../burstable/pod8f54d89a-aa9d-440c-855a-f67338da3d95/933b73"
  })
  void bothCgroupDriversAreUnderstood(String line) {
    assertThat(CgroupPods.podUid(List.of(line), ROOT)).contains(UID);
  }

  @Test
  void aStaticPodHasTheHashOfItsFile() {
    assertThat(
            CgroupPods.podUid(
                List.of("0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/c1"), ROOT))
        .contains("0123456789abcdef0123456789abcdef");
  }

  @ParameterizedTest
  @CsvSource({
    "0::/system.slice/containerd.service",
    "0::/",
    "0::/user.slice/podman-1.scope",
    "0::/kubepods/burstable",
    "0::/kubepods/burstable/pod8f54d89a",
    "nonsense",
    "0:"
  })
  void otherProcessesAreOfNoPod(String line) {
    assertThat(CgroupPods.podUid(List.of(line), ROOT)).isEmpty();
  }

  @Test
  void aPodCannotPoseAsAnotherByGroupsOfItsOwn() {
    assertThat(
            CgroupPods.podUid(
                List.of("0::/kubepods/pod" + OTHER + "/c1/kubepods/pod" + UID + "/c2"), ROOT))
        .contains(OTHER);
  }

  @Test
  void hierarchiesThatContradictEachOtherNameNoPod() {
    assertThat(
            CgroupPods.podUid(
                List.of("1:cpu:/kubepods/pod" + OTHER + "/c1", "0::/kubepods/pod" + UID + "/c1"),
                ROOT))
        .isEmpty();
  }

  @Test
  void whatTheNodeItselfIsBelowIsNoPodOfIt() {
    String outer = "0::/kubepods/pod" + OTHER + "/node";
    assertThat(
            CgroupPods.podUid(
                List.of(outer + "/kubelet/kubepods/pod" + UID + "/c1"),
                List.of(outer + "/kubelet/kubepods/agent")))
        .contains(UID);
  }
}
