package dev.groundmesh.nodeagent.redirection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class NeedsNetnsTest {
  @Test
  void aMachineThatRunsTheOtherTestsMeetsAllNeeds() {
    assertThat(Needs.check(Path.of("/sys/fs/bpf/groundmesh"), Path.of("/sys/fs/cgroup")))
        .hasSizeGreaterThan(8)
        .allSatisfy(need -> assertThat(need.met()).as(need.toString()).isTrue());
  }

  @Test
  void anOldKernelIsNamed() {
    assertThatThrownBy(() -> Needs.kernel("Linux", "4.19.0-amd64"))
        .isInstanceOf(IOException.class)
        .hasMessage("Linux 4.19.0-amd64");
  }
}
