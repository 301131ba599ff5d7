package dev.groundmesh.lab.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandTest {
  @Test
  void inputIsPassedAndOutputReturned() {
    assertThat(Command.run(List.of("cat"), "a line\n", Duration.ofSeconds(10)).stdout())
        .isEqualTo("a line\n");
  }

  @Test
  void muchOutputOnBothStreamsDoesNotBlock() {
    var output = Command.run("sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2");

    assertThat(output.stdout()).hasSize(300_000);
    assertThat(output.stderr()).hasSize(300_000);
  }

  @Test
  void aFailureTellsTheCommandItsStatusAndItsStderr() {
    assertThatThrownBy(() -> Command.run("sh", "-c", "echo why >&2; exit 7"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessage("exit status 7 of: sh -c echo why >&2; exit 7\nwhy");
  }

  @Test
  void aCommandThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Command.run("no-such-program"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessage("cannot start: no-such-program");
  }

  @Test
  void aCommandPastItsLimitIsKilled() {
    assertThatThrownBy(() -> Command.run(List.of("sleep", "100"), "", Duration.ofMillis(50)))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageStartingWith("no end within PT0.05S of: sleep 100");
  }
}
