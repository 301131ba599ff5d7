package dev.groundmesh.groundctl.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeContextTest {
  @TempDir private Path folder = Path.of(".");

  private Path file(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static String kubeconfig(String current, String name, String server) {
    return """
    apiVersion: v1
    kind: Config
    current-context: "%s"
    clusters:
      - name: %s
        cluster: {server: "%s"}
    users:
      - name: %s
        user: {token: token-of-%s}
    contexts:
      - name: %s
        context: {cluster: %s, user: %s, namespace: of-%s}
    """
        .formatted(current, name, server, name, name, name, name, name, name);
  }

  @Test
  void currentContextNamesServerUserAndNamespace() throws Exception {
    Path file = file("config", kubeconfig("blue", "blue", "https://blue:6443"));

    KubeContext context = KubeContext.read(List.of(file), null);

    assertThat(context.name()).isEqualTo("blue");
    assertThat(context.namespace()).isEqualTo("of-blue");
    assertThat(context.config().getMasterUrl()).isEqualTo("https://blue:6443/");
    assertThat(context.config().getAutoOAuthToken()).isEqualTo("token-of-blue");
  }

  @Test
  void contextAskedForComesFromWhicheverFileHasIt() throws Exception {
    Path first = file("first", kubeconfig("blue", "blue", "https://blue:6443"));
    Path second = file("second", kubeconfig("green", "green", "https://green:6443"));

    KubeContext context = KubeContext.read(List.of(first, second), "green");

    assertThat(context.config().getMasterUrl()).isEqualTo("https://green:6443/");
    assertThat(context.config().getAutoOAuthToken()).isEqualTo("token-of-green");
  }

  @Test
  void firstFileThatNamesSomethingWins() throws Exception {
    Path first = file("first", kubeconfig("", "blue", "https://first:6443"));
    Path second = file("second", kubeconfig("blue", "blue", "https://second:6443"));

    KubeContext context = KubeContext.read(List.of(first, second), null);

    assertThat(context.config().getMasterUrl()).isEqualTo("https://first:6443/");
  }

  @Test
  void missingFilesOfTheListArePassedOver() throws Exception {
    Path there = file("there", kubeconfig("blue", "blue", "https://blue:6443"));
    String listed = folder.resolve("missing") + ":" + there;

    KubeConfigFiles files = KubeConfigFiles.ofEnvironment(Map.of("KUBECONFIG", listed));

    assertThat(files.merge(null).context()).isEqualTo("blue");
  }

  @Test
  void withoutKubeconfigVariableTheHomeFolderIsLookedAt() throws Exception {
    file(".kube/config", kubeconfig("blue", "blue", "https://blue:6443"));

    KubeConfigFiles files = KubeConfigFiles.ofEnvironment(Map.of("HOME", folder.toString()));

    assertThat(files.merge(null).context()).isEqualTo("blue");
  }

  @Test
  void relativePathsAreThoseOfTheFileTheyStandIn() throws Exception {
    Path file =
        file(
            "below/config",
            """
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "https://c:6443", certificate-authority: ca.crt}}]
            users: [{name: c, user: {tokenFile: ../token}}]
            contexts: [{name: c, context: {cluster: c, user: c}}]
            """);

    String merged = new KubeConfigFiles(List.of(file)).merge(null).yaml();

    assertThat(merged)
        .contains(folder.resolve("below/ca.crt").toString())
        .contains(folder.resolve("below/../token").toString());
  }

  @Test
  void unknownContextIsNamedWithThoseThatThereAre() throws Exception {
    Path file = file("config", kubeconfig("blue", "blue", "https://blue:6443"));

    assertThatThrownBy(() -> KubeContext.read(List.of(file), "red"))
        .isInstanceOf(KubeConfigException.class)
        .hasMessageContaining("--context: red (expected: one of blue");
  }

  @Test
  void contextOfAnUnknownClusterIsNamed() throws Exception {
    Path file =
        file(
            "config",
            """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: gone, user: c}}]
            """);

    assertThatThrownBy(() -> KubeContext.read(List.of(file), null))
        .isInstanceOf(KubeConfigException.class)
        .hasMessageContaining("contexts.c.cluster: gone (expected: a cluster of");
  }

  @Test
  void fileThatIsNoKubeconfigIsNamed() throws Exception {
    Path file = file("config", "- just\n- a list\n");

    assertThatThrownBy(() -> KubeContext.read(List.of(file), null))
        .isInstanceOf(KubeConfigException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void fileAskedForMustExist() {
    Path missing = folder.resolve("missing");

    assertThatThrownBy(() -> KubeContext.find(missing, null))
        .isInstanceOf(KubeConfigException.class)
        .hasMessageContaining("--kubeconfig: " + missing);
  }
}
