package dev.groundmesh.nodeagent.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.lab.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class FilterChainsNetnsTest {
  private final String name = "kernel-" + ProcessHandle.current().pid() + "-filter";

  @BeforeEach
  void add() {
    Command.run("ip", "netns", "add", name);
  }

  @AfterEach
  void remove() {
    Command.run("ip", "netns", "del", name);
  }

  private String inside(String... command) {
    List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name));
    whole.addAll(List.of(command));
    return Command.run(whole.toArray(String[]::new)).stdout();
  }

  private Iterable<String> chains() throws IOException {
    try (NetnsHandle netns = NetnsHandle.open(Path.of("/var/run/netns", name))) {
      return FilterChains.in(netns);
    }
  }

  @Test
  void aNamespaceWithoutRulesHasNone() throws Exception {
    assertThat(chains()).isEmpty();
  }

  @Test
  void thoseOfNftablesAreFound() throws Exception {
    inside("nft", "add", "table", "inet", "mine");
    inside("nft", "add", "chain", "inet", "mine", "first");
    inside("nft", "add", "chain", "inet", "mine", "second");

    assertThat(chains()).containsExactlyInAnyOrder("first", "second");
  }

  @Test
  void thoseOfIptablesOverNftablesAreFound() throws Exception {
    inside("iptables-nft", "-t", "nat", "-N", "MINE");

    assertThat(chains()).contains("MINE");
  }

  @Test
  void thoseOfTheFormerIptablesAreFound() throws Exception {
    inside("iptables-legacy", "-t", "nat", "-N", "MINE");
    inside("iptables-legacy", "-t", "nat", "-A", "MINE", "-p", "tcp", "-j", "RETURN");
    inside("iptables-legacy", "-t", "nat", "-N", "ANOTHER");

    assertThat(chains()).contains("MINE", "ANOTHER");
  }

  @Test
  void lookingMakesNoTable() throws Exception {
    assertThat(chains()).isEmpty();

    String tables = "/proc/net/ip_tables_names";
    if (Files.exists(Path.of(tables))) {
      assertThat(inside("cat", tables)).isEmpty();
    }
    assertThat(inside("nft", "list", "tables")).isEmpty();
  }
}
