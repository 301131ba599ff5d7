package dev.groundmesh.groundctl.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.groundctl.demo.Demo;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** The demo as it is shipped, and the commands against the mesh that it leaves up. */
@Tag("netns")
class DemoNetnsTest {
  /** What one command answered. */
  private record Answer(int exit, String out) {}

  private static final Map<String, Answer> ANSWERS = new LinkedHashMap<>();
  private static String told = "";
  private static int broken = -1;

  @BeforeAll
  @Timeout(300)
  static void runDemo() {
    StringWriter text = new StringWriter();
    broken =
        Demo.run(
            new PrintWriter(text, true),
            false,
            Demo.Programs.ofBuild(Path.of("..")),
            DemoNetnsTest::askEverything);
    told = text.toString();
  }

  private static void askEverything() {
    ask("status");
    ask("workloads");
    ask("services");
    ask("policies");
    ask("certificates");
    ask("connections", "-o", "json");
    ask("log", "--level", "info,access=debug");
    ask("explain", "--from", "shop/frontend", "--to", "shop/catalog", "--port", "80");
    ask("explain", "--from", "shop/intruder", "--to", "shop/catalog", "--port", "80");
    ask("explain", "--from", "shop/ghost", "--to", "shop/catalog", "--port", "80");
  }

  private static void ask(String... arguments) {
    CommandLine line = Commands.line();
    StringWriter out = new StringWriter();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(out, true));
    int exit = line.execute(arguments);
    ANSWERS.put(String.join(" ", arguments), new Answer(exit, out.toString()));
  }

  private static Answer answerTo(String command) {
    return Objects.requireNonNull(ANSWERS.get(command), () -> command + " was not asked:\n" + told);
  }

  @Test
  void everyClaimOfTheDemoHolds() {
    assertThat(broken).as(told).isZero();
  }

  @Test
  void statusShowsBothAgentsAndThePolicyThatWasAccepted() {
    Answer answer = answerTo("status");

    assertThat(answer.out()).contains("node-a", "node-b", "catalog-for-the-frontend", "Accepted");
    assertThat(answer.exit()).as(answer.out()).isZero();
  }

  @Test
  void workloadsShowThePodsAsMeshed() {
    assertThat(answerTo("workloads").out().lines().filter(line -> line.contains("HBONE")))
        .hasSize(5);
  }

  @Test
  void servicesShowTheirPorts() {
    assertThat(answerTo("services").out()).contains("catalog.shop.svc.cluster.local", "80>8080");
  }

  @Test
  void policiesShowTheOneApplied() {
    assertThat(answerTo("policies").out()).contains("catalog-for-the-frontend", "ALLOW");
  }

  @Test
  void certificatesShowTheIdentitiesOfBothNodes() {
    assertThat(answerTo("certificates").out())
        .contains(
            "spiffe://cluster.local/ns/shop/sa/frontend",
            "spiffe://cluster.local/ns/shop/sa/catalog",
            "Available");
  }

  @Test
  void connectionsAreAList() {
    assertThat(answerTo("connections -o json").out().strip()).startsWith("[").endsWith("]");
  }

  @Test
  void logLevelIsSetOnEveryAgent() {
    assertThat(answerTo("log --level info,access=debug").out().lines())
        .hasSize(2)
        .allMatch(line -> line.contains("info,access=debug"));
  }

  @Test
  void explanationOfAnAllowedConnectionNamesThePolicyAndWhereItIsEnforced() {
    Answer answer = answerTo("explain --from shop/frontend --to shop/catalog --port 80");

    assertThat(answer.out())
        .contains("tunnel", "allowed", "policy shop/catalog-for-the-frontend", "node-b");
    assertThat(answer.exit()).isZero();
  }

  @Test
  void explanationOfARefusedConnectionGivesTheReasonCode() {
    Answer answer = answerTo("explain --from shop/intruder --to shop/catalog --port 80");

    assertThat(answer.out()).contains("refused POLICY_NOT_ALLOWED");
    assertThat(answer.exit()).isEqualTo(ExitCode.NO);
  }

  @Test
  void explanationForAnUnknownPodSaysSo() {
    Answer answer = answerTo("explain --from shop/ghost --to shop/catalog --port 80");

    assertThat(answer.out()).contains("shop/ghost");
    assertThat(answer.exit()).isEqualTo(ExitCode.UNREACHABLE);
  }
}
