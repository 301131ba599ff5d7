package dev.groundmesh.groundctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.groundctl.analysis.FindingCode;
import dev.groundmesh.groundctl.command.Commands;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The documentation has all that it promises, and promises nothing that there is not. */
class DocumentationTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern COMMAND =
      Pattern.compile(
          "^ *(?:\\$ )?(?:kubectl groundmesh|(?:groundctl/target/)?groundctl) ([^#\\n|]+)",
          Pattern.MULTILINE);
  private static final String METRIC =
      "((?:groundmesh|istio|citadel|pilot|workload_manager)_[a-z0-9_]+)";
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  private static String text(String file) throws IOException {
    return Files.readString(DOCS.resolve(file));
  }

  @Test
  void everyReasonCodeHasItsParagraphAndEveryParagraphItsCode() throws Exception {
    Map<String, String> paragraphs = new TreeMap<>();
    Matcher matcher =
        Pattern.compile(
                "^#### ([A-Z0-9_]+)\\n(.+?)(?=\\n\\n|\\z)", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(text("troubleshoot.md"));
    while (matcher.find()) {
      paragraphs.put(matcher.group(1), matcher.group(2));
    }

    assertThat(paragraphs.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(ReasonCode.values()).map(ReasonCode::code).toList());
    assertThat(paragraphs.values()).allSatisfy(paragraph -> assertThat(paragraph).isNotBlank());
  }

  @Test
  void everyReasonCodeIsGivenBySomeProgram() throws Exception {
    Set<String> given = new TreeSet<>();
    Matcher matcher = Pattern.compile("\\b[A-Z][A-Z0-9_]+\\b").matcher(programs());
    while (matcher.find()) {
      given.add(matcher.group());
    }

    assertThat(given)
        .containsAll(Arrays.stream(ReasonCode.values()).map(ReasonCode::code).toList());
  }

  @Test
  void everyMetricIsListedAndEveryListedOneIsWritten() throws Exception {
    Set<String> written = names(METRIC, programs(), "\"%s\"");
    written.removeIf(name -> name.endsWith("_") || name.equals("istio_converted_static_strict"));
    Matcher counter =
        Pattern.compile("^ {2}([A-Z_]+)\\([0-9]+\\)", Pattern.MULTILINE)
            .matcher(
                Files.readString(
                    Path.of("..", "ebpf-programs/src/main/java/dev/groundmesh/ebpf/Counter.java")));
    while (counter.find()) {
      written.add("groundmesh_redirection_" + counter.group(1).toLowerCase(Locale.ROOT));
    }

    assertThat(names(METRIC, text("metrics.md"), "`%s`"))
        .containsExactlyInAnyOrderElementsOf(written);
  }

  /** What is between the marks, without what the metrics' library adds to a name. */
  private static Set<String> names(String pattern, String text, String marks) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = Pattern.compile(String.format(Locale.ROOT, marks, pattern)).matcher(text);
    while (matcher.find()) {
      names.add(matcher.group(1).replaceFirst("_(total|seconds)$", ""));
    }
    return names;
  }

  /** The source of all programs, but for the reason codes' own. */
  private static String programs() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String module : List.of("mesh-api", "tunnel", "node-agent", "controller")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          if (!file.endsWith("ReasonCode.java")) {
            text.append(Files.readString(file));
          }
        }
      }
    }
    return text.toString();
  }

  @Test
  void everyFindingCodeIsListedWithItsLevel() throws Exception {
    List<String> listed = new ArrayList<>();
    Matcher matcher =
        Pattern.compile("^\\| `([A-Z0-9_]+)` \\| ([a-z]+) \\|", Pattern.MULTILINE)
            .matcher(text("analyze.md"));
    while (matcher.find()) {
      listed.add(matcher.group(1) + ' ' + matcher.group(2));
    }

    assertThat(listed)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(FindingCode.values())
                .map(code -> code + " " + code.level().name().toLowerCase(Locale.ROOT))
                .toList());
  }

  @Test
  void everyCommandThatTheDocumentationShowsCanBeParsed() throws Exception {
    for (Path file : documents()) {
      for (List<String> arguments : commands(Files.readString(file))) {
        CommandLine line = Commands.line();
        assertThat(line.parseArgs(arguments.toArray(String[]::new)).subcommand())
            .as("%s: groundctl %s", file, arguments)
            .isNotNull();
      }
    }
  }

  @Test
  void everyLinkLeadsToAFile() throws Exception {
    for (Path file : documents()) {
      Matcher link = LINK.matcher(Files.readString(file));
      while (link.find()) {
        assertThat(file.resolveSibling(link.group(1))).as("link in %s", file).exists();
      }
    }
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (Path folder : List.of(DOCS, DOCS.resolveSibling("."))) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(each -> each.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    return documents;
  }

  /** The commands in blocks of code, placeholders filled in. */
  private static List<List<String>> commands(String text) {
    List<List<String>> commands = new ArrayList<>();
    String[] parts = text.split("```", -1);
    for (int i = 1; i < parts.length; i += 2) {
      Matcher matcher = COMMAND.matcher(parts[i]);
      while (matcher.find()) {
        commands.add(
            Stream.of(matcher.group(1).replaceAll("<[^>]*>", "x").strip().split(" +", -1))
                .map(argument -> argument.matches("x?port|--port=x") ? "80" : argument)
                .toList());
      }
    }
    return commands;
  }
}
