package dev.groundmesh.nodeagent.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LogLevelsTest {
  private final LogLevels levels = new LogLevels();

  @Test
  void infoIsOnAndDebugIsOffAtFirst() {
    assertThat(levels.enabled("access", Level.INFO)).isTrue();
    assertThat(levels.enabled("access", Level.DEBUG)).isFalse();
  }

  @Test
  void longestPrefixOfTheTargetDecides() {
    levels.set("warn,dns=debug,dns.forward=off");

    assertThat(levels.enabled("dns.table", Level.DEBUG)).isTrue();
    assertThat(levels.enabled("dns.forward", Level.ERROR)).isFalse();
    assertThat(levels.enabled("dnsmasq", Level.INFO)).isFalse();
  }

  @Test
  void changeReachesTargetsThatWereAskedBefore() {
    assertThat(levels.enabled("access", Level.INFO)).isTrue();

    levels.set("error");

    assertThat(levels.enabled("access", Level.INFO)).isFalse();
  }

  @Test
  void unknownLevelIsNamedAndLeavesTheOldOnesInForce() {
    levels.set("warn");

    assertThatThrownBy(() -> levels.set("info,access=loud"))
        .hasMessageContaining("access=loud")
        .hasMessageContaining("expected");
    assertThat(levels).hasToString("warn");
  }
}
