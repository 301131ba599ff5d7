package dev.groundmesh.controller.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.state.StateDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTokenFilesTest {

  @TempDir Path directory;
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private SignedTokens tokens;
  private NodeTokenFiles files;

  @BeforeEach
  void open() throws Exception {
    StateDirectory state = StateDirectory.open(directory);
    InstantSource source = () -> now;
    Clock clock = source.withZone(ZoneOffset.UTC);
    tokens =
        new SignedTokens(
            TokenKey.loadOrCreate(state, new SecureRandom()), clock, Duration.ofSeconds(10));
    files = new NodeTokenFiles(state, tokens, "istio-system", "agent", Duration.ofHours(10), clock);
  }

  @Test
  void eachNodeGetsATokenThatOnlyTheOwnerReads() throws Exception {
    files.refresh(List.of("node-1", "node-2"));
    Path file = directory.resolve("tokens/node-2/istio-token");
    assertThat(tokens.authenticate(Files.readString(file)))
        .isEqualTo(new Caller("istio-system", "agent", "node-2", null));
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void tokenIsReplacedWhenAFifthOfItsLifeIsLeft() throws Exception {
    Path file = directory.resolve("tokens/node-1/istio-token");
    files.refresh(List.of("node-1"));
    String first = Files.readString(file);
    now = now.plus(Duration.ofHours(7));
    files.refresh(List.of("node-1"));
    assertThat(Files.readString(file)).isEqualTo(first);
    now = now.plus(Duration.ofHours(1));
    files.refresh(List.of("node-1"));
    assertThat(Files.readString(file)).isNotEqualTo(first);
  }

  @Test
  void tokenOfANodeThatIsGoneIsRemoved() {
    files.refresh(List.of("node-1"));
    files.refresh(List.of());
    assertThat(directory.resolve("tokens/node-1/istio-token")).doesNotExist();
  }

  @Test
  void nameThatIsAPathWritesNothing() {
    files.refresh(List.of("../../escape", "..", "a/b"));
    assertThat(directory.resolve("tokens")).doesNotExist();
    assertThat(directory.resolveSibling("escape")).doesNotExist();
  }
}
