package dev.groundmesh.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.ControllerSettings.InvalidSettingException;
import dev.groundmesh.controller.ControllerSettings.Source;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ControllerSettingsTest {

  private static final Map<String, String> REQUIRED =
      Map.of("GROUNDMESH_MANIFESTS", "/m", "GROUNDMESH_STATE_DIR", "/s");

  @Test
  void defaultsAreIstios() throws Exception {
    ControllerSettings settings = ControllerSettings.parse(List.of(), REQUIRED);
    assertThat(settings.trustDomain()).isEqualTo("cluster.local");
    assertThat(settings.clusterId()).isEqualTo("Kubernetes");
    assertThat(settings.rootNamespace()).isEqualTo("istio-system");
    assertThat(settings.xdsAddress().getPort()).isEqualTo(15012);
    assertThat(settings.adminAddress().getPort()).isEqualTo(15014);
    assertThat(settings.adminAddress().getAddress().isLoopbackAddress()).isTrue();
    assertThat(settings.certificateLifetime()).isEqualTo(Duration.ofHours(24));
    assertThat(settings.maxCertificateLifetime()).isEqualTo(Duration.ofDays(90));
    assertThat(settings.trustedNodeAccounts())
        .containsExactlyInAnyOrder("istio-system/ztunnel", "istio-system/groundmesh-agent");
  }

  @Test
  void flagWinsOverTheEnvironment() throws Exception {
    ControllerSettings settings =
        ControllerSettings.parse(
            List.of("--manifests=/flag", "--xds-address=127.0.0.1:0", "--debounce=1m30s"),
            REQUIRED);
    assertThat(settings.source()).isEqualTo(new Source.Folder(Path.of("/flag"), Path.of("/s")));
    assertThat(settings.xdsAddress().getPort()).isZero();
    assertThat(settings.debounce()).isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void wrongValueIsNamedWithWhatWasExpected() {
    assertWrong("--xds-address=nowhere", "xds-address: nowhere (expected: address:port)");
    assertWrong("--xds-address=127.0.0.1:99999", "xds-address: 127.0.0.1:99999");
    assertWrong("--trust-domain=a/b", "trust-domain: a/b (expected: ");
    assertWrong("--token-ttl=soon", "token-ttl: soon (expected: a time such as 24h");
    assertWrong("--token-ttl=0s", "token-ttl: 0s");
    assertWrong("--l7-deny=maybe", "l7-deny: maybe (expected: deny or ignore)");
    assertWrong("--trusted-node-accounts=ztunnel", "trusted-node-accounts: ztunnel (expected: ");
    assertWrong("--certificate-ttl=3000h", "certificate-ttl: ");
    assertWrong("--colour=blue", "argument: --colour=blue (expected: --name=value");
  }

  @Test
  void missingValueIsNamed() {
    assertThatThrownBy(() -> ControllerSettings.parse(List.of(), Map.of()))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("manifests: none")
        .hasMessageContaining("GROUNDMESH_MANIFESTS");
  }

  @Test
  void wrongSettingEndsTheProcessWithTwo() throws Exception {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Controller.run(
            List.of("--colour=blue"),
            REQUIRED,
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("controller: argument: ");
  }

  @Test
  void documentationListsEverySettingAsTheHelpDoes() throws Exception {
    Pattern line =
        Pattern.compile("^ +(--\\S+) +(\\S+) +(.+?)(?: \\((?:default: )?(required|\\S+)\\))?$");
    List<String> rows =
        ControllerSettings.help()
            .lines()
            .skip(1)
            .map(line::matcher)
            .filter(Matcher::matches)
            .map(
                one ->
                    String.join(
                        "|",
                        one.group(1),
                        one.group(2),
                        Objects.requireNonNullElse(one.group(4), ""),
                        one.group(3)))
            .toList();

    assertThat(
            Files.readAllLines(Path.of("..", "docs", "settings.md")).stream()
                .filter(row -> row.startsWith("| `--"))
                .map(row -> row.replace("`", "").replaceAll("^\\| | \\|$", ""))
                .map(row -> row.replaceAll(" *\\| *", "|")))
        .hasSizeGreaterThan(20)
        .containsExactlyElementsOf(rows);
  }

  private static void assertWrong(String flag, String message) {
    assertThatThrownBy(() -> ControllerSettings.parse(List.of(flag), REQUIRED))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining(message);
  }
}
