package dev.groundmesh.nodeagent.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class NetnsHandleNetnsTest {
  private static final Path CURRENT = Path.of("/proc/thread-self/ns/net");

  private final String name = "kernel-" + ProcessHandle.current().pid() + "-handle";
  private final Path path = Path.of("/var/run/netns", name);

  @BeforeEach
  void add() throws Exception {
    ip("netns", "add", name);
  }

  @AfterEach
  void remove() throws Exception {
    if (Files.exists(path)) {
      ip("netns", "del", name);
    }
  }

  private static void ip(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "ip";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  @Test
  void theThreadIsInsideDuringTheCallAndBackAfterIt() throws IOException {
    Path before = Files.readSymbolicLink(CURRENT);
    try (NetnsHandle netns = NetnsHandle.open(path)) {
      Path inside = netns.<Path, IOException>call(() -> Files.readSymbolicLink(CURRENT));

      assertThat(inside).isNotEqualTo(before);
      assertThat(Files.readSymbolicLink(CURRENT)).isEqualTo(before);
    }
  }

  @Test
  void theThreadIsBackAfterAFailure() throws IOException {
    Path before = Files.readSymbolicLink(CURRENT);
    try (NetnsHandle netns = NetnsHandle.open(path)) {
      assertThatThrownBy(
              () ->
                  netns.<IOException>run(
                      () -> {
                        throw new IOException("inside");
                      }))
          .hasMessage("inside");

      assertThat(Files.readSymbolicLink(CURRENT)).isEqualTo(before);
    }
  }

  @Test
  void eachNamespaceHasItsCookie() throws IOException {
    try (NetnsHandle netns = NetnsHandle.open(path);
        NetnsHandle again = NetnsHandle.open(path);
        NetnsHandle own = NetnsHandle.own()) {
      assertThat(netns.cookie()).isEqualTo(again.cookie()).isNotEqualTo(own.cookie());
    }
  }

  @Test
  void aNamespaceIsGoneWhenItsPathIs() throws Exception {
    try (NetnsHandle netns = NetnsHandle.open(path)) {
      assertThat(netns.gone()).isFalse();
      ip("netns", "del", name);
      assertThat(netns.gone()).isTrue();
    }
  }

  @Test
  void aNamespaceIsGoneWhenAnotherHasItsPath() throws Exception {
    try (NetnsHandle netns = NetnsHandle.open(path)) {
      ip("netns", "del", name);
      ip("netns", "add", name);
      assertThat(netns.gone()).isTrue();
    }
  }

  @Test
  void aPathThatLeadsNowhereIsNamed() {
    assertThatThrownBy(() -> NetnsHandle.open(Path.of("/var/run/netns/kernel-none")))
        .isInstanceOf(KernelException.class)
        .hasMessage(
            "open network namespace /var/run/netns/kernel-none: No such file or directory (2)");
  }

  @Test
  void aFileThatIsNoNamespaceIsRefused() {
    assertThatThrownBy(() -> NetnsHandle.open(Path.of("/etc/hostname")))
        .hasMessageContaining("enter network namespace /etc/hostname: Invalid argument (22)");
  }

  @Test
  void aClosedHandleLeadsNotIntoTheNamespaceThatHasItsNumberNow() throws IOException {
    NetnsHandle closed = NetnsHandle.open(path);
    closed.close();
    try (NetnsHandle next = NetnsHandle.own()) {
      assertThat(next.fd()).isEqualTo(closed.fd());

      assertThatThrownBy(() -> closed.run(() -> {}))
          .isInstanceOf(KernelException.class)
          .hasMessageContaining("that is closed");
    }
  }

  @Test
  void aHandleThatIsClosedFromWithinIsOpenUntilTheThreadIsBack() throws IOException {
    Path before = Files.readSymbolicLink(CURRENT);
    NetnsHandle netns = NetnsHandle.open(path);
    Path descriptor = Path.of("/proc/self/fd", Integer.toString(netns.fd()));

    boolean open =
        netns.<Boolean, IOException>call(
            () -> {
              netns.close();
              return Files.exists(descriptor);
            });

    assertThat(open).isTrue();
    assertThat(Files.exists(descriptor)).isFalse();
    assertThat(Files.readSymbolicLink(CURRENT)).isEqualTo(before);
  }

  @Test
  void oneCannotEnterANamespaceFromWithinAnother() throws IOException {
    try (NetnsHandle netns = NetnsHandle.open(path)) {
      assertThatThrownBy(() -> netns.run(() -> netns.run(() -> {})))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
