package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.wait.strategy.Wait;

/** The images as they are published, run by a Docker engine: on a folder, without Kubernetes. */
@Tag("containers")
@Timeout(300)
class PublishedImagesTest {
  private static final Path IMAGES = Path.of("..", "daemonset", "target", "images");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String NODE = "node-1";

  @TempDir private static Path folder = Path.of(".");

  @BeforeAll
  static void load() throws IOException {
    assertThat(DockerClientFactory.instance().isDockerAvailable())
        .as("a Docker engine answers (expected: one, for the tier containers)")
        .isTrue();
    for (String image : new String[] {"agent.tar", "controller.tar"}) {
      try (InputStream archive = Files.newInputStream(IMAGES.resolve(image))) {
        DockerClientFactory.lazyClient().loadImageCmd(archive).exec();
      }
    }
    Files.writeString(
        Files.createDirectory(folder.resolve("manifests")).resolve("node.yaml"),
        """
        apiVersion: v1
        kind: Node
        metadata: {name: %s}
        """
            .formatted(NODE));
    // The controller's user is not root, and not ours.
    Files.setPosixFilePermissions(
        Files.createDirectory(folder.resolve("state")),
        PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void theAgentsImageIsReadyBesideTheControllersImage() {
    try (Network network = Network.newNetwork();
        GenericContainer<?> controller = controller(network);
        GenericContainer<?> agent = agent(network)) {
      controller.start();
      agent.start();
      assertThat(agent.getLogs(OutputFrame.OutputType.STDOUT))
          .contains("ready node=" + NODE)
          .doesNotContain("\terror\t");
    }
  }

  private static GenericContainer<?> controller(Network network) {
    return new GenericContainer<>("groundmesh/controller:" + version())
        .withNetwork(network)
        .withNetworkAliases("controller")
        .withFileSystemBind(
            folder.resolve("manifests").toString(), "/manifests", BindMode.READ_ONLY)
        .withFileSystemBind(folder.resolve("state").toString(), "/state", BindMode.READ_WRITE)
        .withCommand("--manifests=/manifests", "--state-dir=/state", "--serving-names=controller")
        .waitingFor(
            Wait.forLogMessage(".*serving xDS and certificates.*", 1).withStartupTimeout(LIMIT));
  }

  private static GenericContainer<?> agent(Network network) {
    return new GenericContainer<>("groundmesh/agent:" + version())
        .withNetwork(network)
        .withPrivilegedMode(true)
        .withCreateContainerCmdModifier(
            create -> {
              if (create.getHostConfig() != null) {
                create.getHostConfig().withCgroupnsMode("host");
              }
            })
        .withFileSystemBind(folder.resolve("state").toString(), "/controller", BindMode.READ_ONLY)
        .withFileSystemBind("/sys/fs/cgroup", "/sys/fs/cgroup", BindMode.READ_WRITE)
        .withEnv("NODE_NAME", NODE)
        .withEnv("XDS_ADDRESS", "https://controller:15012")
        .withEnv("XDS_ROOT_CA", "/controller/root-cert.pem")
        .withEnv("CA_ROOT_CA", "/controller/root-cert.pem")
        .withEnv("AUTH_TOKEN", "/controller/tokens/" + NODE + "/istio-token")
        .withEnv("GROUNDMESH_STATE_DIR", "/tmp")
        .withEnv("GROUNDMESH_NETNS_DIR", "/tmp")
        .waitingFor(Wait.forLogMessage(".*ready node=.*", 1).withStartupTimeout(LIMIT));
  }

  /** Of the build, which the images are tagged with. */
  private static String version() {
    return Objects.requireNonNull(System.getProperty("groundmesh.version"));
  }
}
