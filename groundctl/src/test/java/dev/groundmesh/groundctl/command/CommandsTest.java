package dev.groundmesh.groundctl.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  @TempDir private Path folder = Path.of(".");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Commands.line();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  @Test
  void helpListsTheCommandsAndTheExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("explain", "check", "demo", "status", "Exit codes:");
  }

  @Test
  void everyCommandTellsItsOptionsWhenAskedForHelp() {
    for (String command : Commands.line().getSubcommands().keySet()) {
      assertThat(run(command, "--help")).as(command).isZero();
    }
    assertThat(out.toString()).contains("--alongside-istio", "--failure-threshold");
  }

  @Test
  void whatTheListSaysOfACommandIsWhole() {
    Commands.line()
        .getSubcommands()
        .forEach(
            (name, command) ->
                assertThat(command.getCommandSpec().usageMessage().description()[0])
                    .as(name)
                    .hasSizeLessThanOrEqualTo(90)
                    .doesNotMatch(".*[,;:]$"));
  }

  @Test
  void portThatIsNoneIsAUsageError() {
    assertThat(run("explain", "--from", "shop/a", "--to", "shop/b", "--port", "65536"))
        .isEqualTo(2);
  }

  @Test
  void unknownOptionIsAUsageError() {
    assertThat(run("workloads", "--everything")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--everything");
  }

  @Test
  void meshThatCannotBeAskedHasAnExitCodeOfItsOwn() throws Exception {
    Path context =
        Files.writeString(
            folder.resolve("c.json"),
            "{\"controller\": {\"url\": \"http://127.0.0.1:1\"}, \"agents\": []}");

    assertThat(run("workloads", "--context-file", context.toString()))
        .isEqualTo(ExitCode.UNREACHABLE);
    assertThat(err.toString()).contains("http://127.0.0.1:1/debug/workloads");
  }

  @Test
  void apiServerThatCannotBeReachedIsSaidToBeThat() throws Exception {
    Path kubeconfig =
        Files.writeString(
            folder.resolve("config"),
            """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{name: here, context: {cluster: here, user: me}}]
            clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: me, user: {}}]
            """);

    assertThat(run("check", "--kubeconfig", kubeconfig.toString())).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(err.toString())
        .contains("the Kubernetes API server cannot be asked: java.net.ConnectException");
  }

  @Test
  void agentOfAnUnknownNodeIsNamed() throws Exception {
    Path context =
        Files.writeString(
            folder.resolve("c.json"),
            "{\"controller\": {\"url\": \"http://127.0.0.1:1\"}, \"agents\": []}");

    assertThat(run("log", "--context-file", context.toString(), "--node", "n9"))
        .isEqualTo(ExitCode.UNREACHABLE);
    assertThat(err.toString()).contains("n9");
  }

  @Test
  void completionIsAScriptForTheShell() {
    assertThat(run("generate-completion")).isZero();
    assertThat(out.toString()).contains("_complete_groundctl", "zsh");
  }
}
