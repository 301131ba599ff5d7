package dev.groundmesh.nodeagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The documentation has every setting of the agent, with the default that it has. */
class SettingsDocumentationTest {
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Map<String, String> REQUIRED = Map.of("NODE_NAME", "node-1");

  /** What is read elsewhere than in the settings, or by another way than its name. */
  private static final Set<String> BY_ANOTHER_WAY =
      Set.of("LOG_LEVEL", "LOG_FORMAT", "ISTIO_META_DNS_CAPTURE");

  private final Map<String, String> documented = new TreeMap<>();

  /** Remembers which names are asked for. */
  private static final class Environment extends HashMap<String, String> {
    private static final long serialVersionUID = 1;

    private final Set<String> asked = new HashSet<>();

    Environment() {
      super(REQUIRED);
    }

    @Override
    public @Nullable String get(Object name) {
      asked.add((String) name);
      return super.get(name);
    }
  }

  @BeforeEach
  void read() throws IOException {
    String agent =
        Files.readString(Path.of("..", "docs", "settings.md")).split("## Controller", -1)[0];
    for (String row : agent.lines().filter(line -> line.startsWith("| `")).toList()) {
      String[] columns = row.split("\\|", -1);
      List<String> names = quoted(columns[1]);
      List<String> values = quoted(columns[2]);
      assertThat(values)
          .as(row)
          .satisfiesAnyOf(
              none -> assertThat(none).isEmpty(), all -> assertThat(all).hasSameSizeAs(names));
      for (int i = 0; i < names.size(); i++) {
        documented.put(names.get(i), values.isEmpty() ? "" : values.get(i));
      }
    }
  }

  private static List<String> quoted(String column) {
    return QUOTED.matcher(column).results().map(found -> found.group(1)).toList();
  }

  @Test
  void everySettingIsDocumentedAndEveryDocumentedOneIsRead() {
    Environment environment = new Environment();
    AgentConfig.fromEnvironment(environment, 8);
    Set<String> read = new TreeSet<>(environment.asked);
    read.addAll(BY_ANOTHER_WAY);

    assertThat(documented.keySet())
        .filteredOn(name -> !name.endsWith("<name>"))
        .containsExactlyInAnyOrderElementsOf(read);
  }

  @Test
  void theDocumentedDefaultsChangeNothing() {
    Map<String, String> environment = new HashMap<>(documented);
    environment.putAll(REQUIRED);
    environment.keySet().removeAll(BY_ANOTHER_WAY);
    environment.keySet().removeIf(name -> name.endsWith("<name>"));

    assertThat(AgentConfig.fromEnvironment(environment, 8))
        .isEqualTo(AgentConfig.fromEnvironment(REQUIRED, 8));
  }
}
