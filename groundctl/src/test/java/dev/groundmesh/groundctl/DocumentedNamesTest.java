package dev.groundmesh.groundctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.groundctl.command.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What the documentation calls by its name is there under that name. */
class DocumentedNamesTest {
  private static final Path HOME = Path.of("..");
  private static final Path CHART = HOME.resolve("daemonset/src/main/helm/groundmesh");
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_]+");

  /** By file. */
  private static final Map<Path, String> DOCUMENTS = new TreeMap<>();

  /** Java, by the class's simple name. */
  private static final Map<String, String> CLASSES = new TreeMap<>();

  /** Every word of the programs and of what runs them. */
  private static final Set<String> WORDS = new TreeSet<>();

  @BeforeAll
  static void read() throws IOException {
    for (Path folder : List.of(HOME, HOME.resolve("docs"))) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".md")).toList()) {
          DOCUMENTS.put(file, Files.readString(file));
        }
      }
    }
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(HOME)) {
      for (Path module : modules.filter(each -> Files.exists(each.resolve("pom.xml"))).toList()) {
        if (Files.isDirectory(module.resolve("src"))) {
          try (Stream<Path> files = Files.walk(module.resolve("src"))) {
            sources.addAll(files.filter(each -> each.toString().endsWith(".java")).toList());
          }
        }
      }
    }
    for (Path source : sources) {
      String text = Files.readString(source);
      CLASSES.put(source.getFileName().toString().replace(".java", ""), text);
      addWords(text);
    }
    addWords(Files.readString(HOME.resolve("Makefile")));
    addWords(Files.readString(HOME.resolve("kind-e2e/cluster/cluster")));
  }

  private static void addWords(String text) {
    WORD.matcher(text).results().forEach(word -> WORDS.add(word.group()));
  }

  private static String document(String path) {
    return Objects.requireNonNull(DOCUMENTS.get(HOME.resolve(path)), path);
  }

  /** The first group of each match, by the document that it is in. */
  private static Map<Path, List<String>> named(String pattern) {
    Map<Path, List<String>> named = new LinkedHashMap<>();
    DOCUMENTS.forEach((file, text) -> named.put(file, matches(pattern, text)));
    assertThat(named.values().stream().mapToInt(List::size).sum()).as(pattern).isPositive();
    return named;
  }

  private static List<String> matches(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void everyFaultNamesTestsThatThereAre() {
    String name = "`(?:cluster\\.)?([A-Z]\\w*Test(?:\\.\\w+)?|\\.\\w+)`";
    List<String> tests = new ArrayList<>();
    for (String row : matches("^(\\| .+)$", document("docs/faults.md"))) {
      List<String> columns = List.of(row.split(" \\| ", -1));
      List<String> found = matches(name, columns.getLast());
      assertThat(found.isEmpty()).as(row).isEqualTo(columns.getFirst().equals("| What"));
      String of = "";
      for (String one : found) {
        of = one.startsWith(".") ? of : one.replaceAll("\\..*", "");
        tests.add(of + one.replaceAll("^[^.]*", ""));
      }
    }
    tests.addAll(matches("`(\\w+Test)`", document("docs/faults.md").split("## Fuzz", -1)[1]));

    assertThat(tests)
        .hasSizeGreaterThan(100)
        .allSatisfy(
            test -> {
              String[] parts = test.split("\\.", -1);
              assertThat(CLASSES).containsKey(parts[0]);
              if (parts.length > 1) {
                assertThat(CLASSES.get(parts[0]))
                    .containsPattern(
                        "@\\w*Test\\b(?:(?!\n  \\}\n)[\\s\\S])*?\\bvoid " + parts[1] + "\\(");
              }
            });
  }

  @Test
  void everyFuzzTargetIsListed() {
    assertThat(matches("`(\\w+Test)`", document("docs/faults.md").split("## Fuzz", -1)[1]))
        .containsExactlyInAnyOrderElementsOf(
            CLASSES.entrySet().stream()
                .filter(source -> source.getValue().contains("\n  @FuzzTest"))
                .map(Map.Entry::getKey)
                .toList());
  }

  @Test
  void everyCodeAndVariableIsOneOfTheProgramsOrTools() {
    named("`\\$?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
        .forEach((file, names) -> assertThat(WORDS).as("%s", file).containsAll(names));
  }

  @Test
  void everyVariableOfTheChartIsASetting() throws Exception {
    String settings = document("docs/settings.md");
    for (String template : List.of("agent.yaml", "controller.yaml")) {
      String text = Files.readString(CHART.resolve("templates").resolve(template));
      assertThat(matches("^ +- name: ([A-Z][A-Z0-9_]+)$", text))
          .isNotEmpty()
          .allSatisfy(variable -> assertThat(settings).contains('`' + variable + '`'));
    }
  }

  @Test
  void everyValueOfTheChartIsOne() throws Exception {
    Object values =
        new Load(LoadSettings.builder().build())
            .loadFromString(Files.readString(CHART.resolve("values.yaml")));

    named(
            "`((?:agent|controller|image|webhook)\\.[a-zA-Z]+(?:\\.[a-zA-Z]+)*|istiodService)(?::[^`]*)?`")
        .forEach(
            (file, names) ->
                assertThat(names).as("%s", file).allMatch(name -> isThere(name, values)));
  }

  private static boolean isThere(String name, Object values) {
    @Nullable Object at = values;
    for (String part : name.split("\\.", -1)) {
      if (!(at instanceof Map<?, ?> map) || !map.containsKey(part)) {
        return false;
      }
      at = map.get(part);
    }
    return true;
  }

  @Test
  void everyMetricIsAListedOne() {
    Set<String> listed =
        new TreeSet<>(matches("`([a-z]+_[a-z0-9_]+)`", document("docs/metrics.md")));

    named("`((?:groundmesh|istio|citadel|pilot|workload_manager)_[a-z0-9_]+)(?:\\{[^`]*)?`")
        .forEach((file, names) -> assertThat(listed).as("%s", file).containsAll(names));
  }

  @Test
  void everyTargetOfMakeIsOne() throws Exception {
    List<String> targets = matches("^([a-z0-9-]+):", Files.readString(HOME.resolve("Makefile")));

    named("(?:^|`|[A-Z_]+=\\S+ )make ([a-z0-9-]+)")
        .forEach((file, names) -> assertThat(targets).as("%s", file).containsAll(names));
  }

  @Test
  void everyCommandIsDocumented() {
    String all = String.join("\n", DOCUMENTS.values());

    // The demo is run by make.
    assertThat(Commands.line().getSubcommands().keySet())
        .filteredOn(command -> !List.of("help", "demo").contains(command))
        .allMatch(command -> all.contains("groundctl " + command));
  }

  @Test
  void everyConditionIsListed() {
    Set<String> written = new TreeSet<>();
    CLASSES.values().stream()
        .filter(
            source ->
                source.startsWith("package dev.groundmesh.controller.compile")
                    || source.startsWith("package dev.groundmesh.controller.policy"))
        .forEach(
            source ->
                written.addAll(
                    matches(
                        "\"((?:groundmesh\\.dev|istio\\.io)/[A-Z][a-zA-Z]+[a-z]|[A-Z]\\w+Accepted)\"",
                        source)));
    String section =
        document("docs/troubleshoot.md").split("## Conditions", -1)[1].split("\n## ", -1)[0];

    assertThat(matches("^\\| `([^`]+)` \\|", section)).containsExactlyInAnyOrderElementsOf(written);
  }

  @Test
  void everyClassThatTheArchitectureNamesIsOne() {
    List<String> kinds = List.of("Pod", "Namespace", "Service", "Secret", "ConfigMap");

    assertThat(matches("`(?:[a-z]+\\.)?([A-Z][a-z]\\w+)`", document("ARCHITECTURE.md")))
        .filteredOn(name -> !kinds.contains(name))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(CLASSES).containsKey(name));
  }

  @Test
  void everyThreadThatTheArchitectureNamesIsOne() {
    String threads =
        document("ARCHITECTURE.md").split("## Threads", 2)[1].split("\n## State", -1)[0];
    String sources = String.join("\n", CLASSES.values());

    for (String row : matches("^(\\| .*)$", threads)) {
      String names = row.split("\\|", -1)[1];
      assertThat(matches("`([a-z-]+)", names))
          .allSatisfy(name -> assertThat(sources).contains('"' + name));
    }
  }
}
