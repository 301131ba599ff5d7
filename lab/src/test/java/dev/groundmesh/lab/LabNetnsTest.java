package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.process.CommandFailedException;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LabNetnsTest {
  private Lab lab;
  private Node a;
  private Node b;
  private Pod client;
  private Pod neighbour;
  private Pod web;
  private KubeService service;
  private ClusterDns dns;

  @BeforeAll
  void shop() {
    lab = Lab.open("labtest").withKubeProxy();
    dns = lab.withDns();
    a = lab.node("node-a");
    b = lab.node("node-b");
    client = a.pod("shop/client").addressesPerFamily(2).start();
    neighbour = a.pod("shop/neighbour").families(PodSpec.Families.IPV6).start();
    web = b.pod("shop/web").label("app", "web").serviceAccount("web").start();
    service = lab.service("shop/web").selector("app", "web").port("http", 80, 8080).add();
    web.program("python3", "-c", ECHO).named("echo").start().await(Readiness.listening(8080));
  }

  /** Answers each connection with what it sent and whom it sees. */
  private static final String ECHO =
      """
      import socketserver
      class Echo(socketserver.BaseRequestHandler):
          def handle(self):
              line = self.request.makefile().readline().strip()
              self.request.sendall((line + ' from ' + self.client_address[0] + '\\n').encode())
      class Server(socketserver.ThreadingTCPServer):
          import socket
          address_family = socket.AF_INET6
          allow_reuse_address = True
      Server(('::', 8080), Echo).serve_forever()
      """;

  @AfterAll
  void close() {
    lab.close();
  }

  private String ask(Host from, String address, int port, String line) {
    return from.exec(
            "python3",
            "-c",
            "import socket,sys; s=socket.create_connection((sys.argv[1], int(sys.argv[2])), 5);"
                + " s.sendall((sys.argv[3]+'\\n').encode()); print(s.makefile().readline().strip())",
            address,
            Integer.toString(port),
            line)
        .stdout()
        .strip();
  }

  @Test
  void podsReachEachOtherAcrossNodes() {
    assertThat(ask(client, web.ipv4(), 8080, "hello"))
        .isEqualTo("hello from ::ffff:" + client.ipv4());
  }

  @Test
  void podsReachEachOtherByIpv6() {
    assertThat(ask(neighbour, web.ipv6(), 8080, "hello"))
        .isEqualTo("hello from " + compressed(neighbour.ipv6()));
  }

  @Test
  void podsOfOneNodeReachEachOther() throws Exception {
    try (ServerSocket server = neighbour.inside(() -> new ServerSocket(9000));
        Socket socket = client.inside(() -> new Socket(neighbour.ipv6(), 9000))) {
      assertThat(socket.getLocalAddress().getHostAddress()).isEqualTo(client.ipv6());
      assertThat(server.getLocalPort()).isEqualTo(9000);
    }
  }

  @Test
  void nodesReachPodsOfOtherNodes() {
    assertThat(ask(a, web.ipv4(), 8080, "hello")).isEqualTo("hello from ::ffff:" + a.ipv4());
  }

  @Test
  void everyAddressOfAPodIsReached() throws Exception {
    try (ServerSocket server = client.inside(() -> new ServerSocket(9001))) {
      for (var address : client.addresses()) {
        try (Socket socket = web.inside(Socket::new)) {
          web.inside(
              () -> {
                socket.connect(new InetSocketAddress(address, 9001), 5_000);
                return true;
              });
          assertThat(server.accept().getLocalAddress()).isEqualTo(address);
        }
      }
      assertThat(client.addresses()).hasSize(4);
    }
  }

  @Test
  void aServiceVipReachesItsPods() {
    assertThat(ask(client, service.ipv4(), 80, "by vip")).startsWith("by vip from");
    assertThat(ask(client, service.clusterIps().getLast(), 80, "by vip")).startsWith("by vip from");
  }

  @Test
  void aServiceIsFoundByName() {
    assertThat(ask(client, "web", 80, "by name")).startsWith("by name from");
    assertThat(dns.queries()).contains("web.shop.svc.cluster.local A");
  }

  @Test
  void aProgramSeesItsHostsName() {
    assertThat(web.exec("cat", "/proc/sys/kernel/hostname").stdout()).isEqualTo("web\n");
  }

  @Test
  void aCaptureSeesWhatCrossedTheWire() {
    try (Capture wire = a.captureWireTo(b)) {
      ask(client, web.ipv4(), 8080, "the secret word");

      assertThat(wire.saw("the secret word")).isTrue();
      assertThat(wire.saw("a word nobody said")).isFalse();
    }
  }

  @Test
  void aCaptureWithAFilterSeesNothingElse() {
    try (Capture wire = a.captureWireTo(b, "tcp port 15008")) {
      ask(client, web.ipv4(), 8080, "the secret word");

      assertThat(wire.packets().list()).isEmpty();
    }
  }

  @Test
  void aFailedCommandTellsItsStderr() {
    assertThatThrownBy(() -> client.exec("cat", "/nowhere"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("No such file or directory");
  }

  @Test
  void aProgramThatEndsTooEarlyTellsItsLog() {
    Program program = client.program("sh", "-c", "echo I am lost; exit 3").start();

    assertThatThrownBy(() -> program.await(Readiness.listening(1)))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("status 3")
        .hasMessageContaining("I am lost");
  }

  @Test
  void killingAProgramEndsItsChildrenToo() throws IOException {
    Program program =
        client
            .program("sh", "-c", "sleep 1000 & echo child $!; wait")
            .start()
            .await(Readiness.logged("child"));
    long child = Long.parseLong(program.log().strip().substring("child ".length()));
    assertThat(commandLine(child)).isNotEmpty();

    program.kill();

    assertThat(commandLine(child)).isEmpty();
  }

  @Test
  void usageOfAProgramIsCounted() {
    try (Program program =
        client
            .program(
                "python3",
                "-c",
                "x=0\nfor i in range(3000000): x+=i\nprint('done', flush=True)\nimport time; time.sleep(100)")
            .start()) {
      program.await(Readiness.logged("done"));

      assertThat(program.cpuTime().total()).isGreaterThan(Duration.ofMillis(10));
      assertThat(program.status().rssBytes()).isGreaterThan(1 << 20);
    }
  }

  @Test
  void programsOfAPinnedNodeStayOnItsCpu() {
    Node pinned = lab.node("node-c").pinned(0);

    assertThat(
            pinned
                .program("taskset", "-cp", "0")
                .named("show")
                .start()
                .await(Readiness.ended())
                .log())
        .isNotEmpty();
    assertThat(
            pinned
                .program("sh", "-c", "grep Cpus_allowed_list /proc/self/status")
                .start()
                .await(Readiness.ended())
                .log())
        .endsWith("\t0\n");
  }

  /** Empty for a process that has ended, reaped or not. */
  private static String commandLine(long pid) throws IOException {
    Path file = Path.of("/proc", Long.toString(pid), "cmdline");
    return Files.exists(file) ? Files.readString(file) : "";
  }

  private static String compressed(String ipv6) {
    return ipv6.replaceFirst("(:0)+:", "::");
  }
}
