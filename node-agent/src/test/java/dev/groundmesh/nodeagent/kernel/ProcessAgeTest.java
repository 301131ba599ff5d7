package dev.groundmesh.nodeagent.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessAgeTest {
  private static final Duration TICK = Duration.ofMillis(10);

  @Test
  void startIsReadInHundredthsOfASecond() {
    assertThat(ProcessAge.startAfterBoot(stat("java"))).isEqualTo(Duration.ofMillis(61_230));
  }

  @Test
  void nameOfTheProgramMayHoldWhatSeparatesFields() {
    assertThat(ProcessAge.startAfterBoot(stat("a) S 1 (b"))).isEqualTo(Duration.ofMillis(61_230));
  }

  @Test
  void processIsNoYoungerThanItsJvm() throws IOException {
    Duration jvm = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());

    assertThat(ProcessAge.now()).isGreaterThanOrEqualTo(jvm.minus(TICK));
  }

  private static String stat(String name) {
    return "42 (" + name + ") S 1 42 42 0 -1 4194304 9 0 0 0 7 3 0 0 20 0 30 0 6123 800 90 18446\n";
  }
}
