package dev.groundmesh.nodeagent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.enrolment.Enroller;
import dev.groundmesh.nodeagent.enrolment.PodCapturer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CniServerTest {
  @TempDir Path directory;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<String> captured = new LinkedBlockingQueue<>();
  private final Map<String, NamespaceEnrolment> namespaces = new ConcurrentHashMap<>();
  private volatile @Nullable String failure;
  private Enroller enroller;
  private PodAdmission admission;
  private CniServer server;

  @BeforeEach
  void start() throws IOException {
    PodAdmission[] told = new PodAdmission[1];
    enroller =
        new Enroller(
            thread,
            new Recording(),
            () -> {},
            () -> {
              if (told[0] != null) {
                told[0].changed();
              }
            },
            Duration.ZERO);
    admission = new PodAdmission(Set.of("kube-system"), enroller, namespaces::get);
    told[0] = admission;
    server = server();
    server.listen();
  }

  private CniServer server() {
    return new CniServer(directory.resolve("cni.sock"), admission, (_, _, _) -> {});
  }

  @AfterEach
  void stop() {
    server.close();
    thread.shutdownNow();
  }

  /** Captures nothing, but for its own notes. */
  private final class Recording implements PodCapturer {
    @Override
    public CapturedPod capture(PodEnrolment enrolment, @Nullable Path announced)
        throws IOException {
      if (failure != null) {
        throw new IOException(failure);
      }
      captured.add(enrolment.name() + ' ' + enrolment.addresses() + ' ' + announced);
      return new CapturedPod() {
        @Override
        public long netns() {
          return 1;
        }

        @Override
        public boolean present() {
          return true;
        }

        @Override
        public void release() {}

        @Override
        public void retire() {}

        @Override
        public boolean idle() {
          return true;
        }

        @Override
        public void tearDown() {}
      };
    }

    @Override
    public void releaseInherited() {}
  }

  private void pod(String uid, boolean enrolled) {
    enroller.target(
        List.of(
            new PodEnrolment(
                "Kubernetes//Pod/shop/web",
                "shop",
                "web",
                "default",
                uid,
                List.<IpAddress>of(),
                false,
                PodEnrolment.DnsCapture.DEFAULT,
                List.of(),
                enrolled)),
        true);
  }

  private void namespace(String name, boolean ambient) {
    namespaces.put(name, new NamespaceEnrolment(name, ambient));
    admission.changed();
  }

  private String ask(String command, String namespace, String uid) throws IOException {
    String config = "{\"prevResult\": {\"ips\": [{\"address\": \"10.0.0.1/24\"}]}}";
    String request =
        "groundmesh cni 1\nCNI_COMMAND="
            + command
            + "\nCNI_CONTAINERID=c\nCNI_NETNS=/var/run/netns/n\nCNI_IFNAME=eth0\nCNI_ARGS="
            + "K8S_POD_NAMESPACE="
            + namespace
            + ";K8S_POD_NAME=web;K8S_POD_UID="
            + uid
            + "\nLENGTH="
            + config.length()
            + "\n\n"
            + config;
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("cni.sock")))) {
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      Channels.newInputStream(channel).transferTo(answer);
      return answer.toString(StandardCharsets.US_ASCII);
    }
  }

  @Test
  void aPodInTheMeshGoesOnOnceItIsCaptured() throws IOException {
    pod("u1", true);

    assertThat(ask("ADD", "shop", "u1")).isEqualTo("OK\n");
    assertThat(captured).containsExactly("web [10.0.0.1] /var/run/netns/n");
  }

  @Test
  void aPodOutsideTheMeshGoesOnUntouched() throws IOException {
    pod("u1", false);

    assertThat(ask("ADD", "shop", "u1")).isEqualTo("OK\n");
    assertThat(captured).isEmpty();
  }

  @Test
  void aPodThatIsNotKnownYetIsWaitedFor() throws Exception {
    namespace("shop", true);
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return ask("ADD", "shop", "u1");
              } catch (IOException e) {
                return e.toString();
              }
            });
    pod("of-before", true);
    pod("u1", true);

    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("OK\n");
    assertThat(captured).hasSize(1);
  }

  @Test
  void anUnknownPodOfANamespaceOutsideTheMeshGoesOn() throws IOException {
    namespace("plain", false);

    assertThat(ask("ADD", "plain", "u9")).isEqualTo("OK\n");
  }

  @Test
  void anUnknownPodOfANamespaceInTheMeshDoesNotStart() throws IOException {
    namespace("shop", true);

    assertThat(ask("ADD", "shop", "u9"))
        .isEqualTo(
            "LATER Groundmesh: the controller has not told of pod shop/web, whose namespace is in"
                + " the mesh: it starts once it is known\n");
  }

  @Test
  void anUnknownPodOfAnUnknownNamespaceDoesNotStart() throws IOException {
    assertThat(ask("ADD", "who", "u9")).startsWith("LATER ").contains("nor of its namespace");
  }

  @Test
  void podsOfExcludedNamespacesAlwaysGoOn() throws IOException {
    assertThat(ask("ADD", "kube-system", "u9")).isEqualTo("OK\n");
  }

  @Test
  void aPodThatCannotBeCapturedDoesNotStartAndSaysWhy() throws IOException {
    failure = "no address";
    pod("u1", true);

    assertThat(ask("ADD", "shop", "u1"))
        .isEqualTo("LATER Groundmesh: pod shop/web cannot be captured: no address\n");
  }

  @Test
  void aSuccessorsSocketTakesThePlaceInOneStep() throws IOException {
    pod("u1", true);
    CniServer successor = server();
    successor.listen();
    server.close();

    assertThat(ask("ADD", "shop", "u1")).isEqualTo("OK\n");
    successor.close();
  }

  @Test
  void whatASuccessorMustCaptureIsNotAnswered() throws IOException {
    pod("u1", true);
    enroller.suspend();

    assertThat(ask("ADD", "shop", "u1")).isEmpty();
  }

  @Test
  void nonsenseIsNotAnsweredAndHarmsNoOther() throws IOException {
    pod("u1", true);
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("cni.sock")))) {
      channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, '\n', '\n'}));
      // Its end or, for what is left unread, a reset.
      assertThatCode(() -> assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1))
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isNull(),
              thrown -> assertThat(thrown).isInstanceOf(IOException.class));
    }
    assertThat(ask("ADD", "shop", "u1")).isEqualTo("OK\n");
  }
}
