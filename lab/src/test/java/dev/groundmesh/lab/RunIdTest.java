package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RunIdTest {
  @Test
  void anIdIsReadBackFromTheNamesThatCarryIt() {
    RunId id = RunId.ofThisProcess("demo");

    assertThat(RunId.of(id.toString())).contains(id);
    assertThat(RunId.of(id + "-node-a")).contains(id);
  }

  @Test
  void namesOfOthersCarryNone() {
    assertThat(RunId.of("gm-lab.lock")).isEmpty();
    assertThat(RunId.of("cni-1234")).isEmpty();
  }

  @Test
  void theOwnerLivesWhileItsProcessDoes() {
    assertThat(RunId.ofThisProcess("demo").ownerLives()).isTrue();
  }

  @Test
  void anotherProcessWithTheSamePidIsNotTheOwner() {
    RunId own = RunId.ofThisProcess("demo");

    assertThat(new RunId("demo", own.pid(), own.startTicks() - 1).ownerLives()).isFalse();
  }

  @Test
  void aNameThatWouldNotReadBackIsRefused() {
    assertThatThrownBy(() -> RunId.ofThisProcess("my-lab"))
        .hasMessageStartingWith("lab: my-lab (expected:");
  }
}
