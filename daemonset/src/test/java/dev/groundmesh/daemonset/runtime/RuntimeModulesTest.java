package dev.groundmesh.daemonset.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Of the jars that the modules' packaging left in {@code target/lib}. */
class RuntimeModulesTest {
  private static Set<String> mentioned(String module) throws Exception {
    Jars jars = Jars.in(Path.of("..", module, "target", "lib"));
    String[] all =
        Stream.concat(jars.own().stream(), jars.libraries().stream())
            .map(Path::toString)
            .toArray(String[]::new);
    var out = new StringWriter();
    String[] options = {
      "--multi-release",
      "25",
      "--ignore-missing-deps",
      "-s",
      "-cp",
      String.join(java.io.File.pathSeparator, all)
    };
    int status =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(out),
                new PrintWriter(out),
                Stream.concat(Arrays.stream(options), Arrays.stream(all)).toArray(String[]::new));
    assertThat(status).as(out.toString()).isZero();
    return out.toString()
        .lines()
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .filter(name -> name.startsWith("java.") || name.startsWith("jdk."))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void holds(RuntimeModules modules, String module) throws Exception {
    Set<String> accounted = new TreeSet<>(modules.needed());
    accounted.addAll(modules.left().keySet());

    assertThat(accounted).containsAll(mentioned(module));
    assertThat(mentioned(module)).containsAll(modules.needed());
  }

  @Test
  void theAgentsRuntimeHoldsWhatItsJarsNeedAndNothingElse() throws Exception {
    holds(RuntimeModules.AGENT, "node-agent");
  }

  @Test
  void theControllersRuntimeHoldsWhatItsJarsNeedAndNothingElse() throws Exception {
    holds(RuntimeModules.CONTROLLER, "controller");
  }

  @Test
  void noModuleIsBothNeededAndLeft() {
    for (RuntimeModules modules : Set.of(RuntimeModules.AGENT, RuntimeModules.CONTROLLER)) {
      assertThat(modules.left()).doesNotContainKeys(modules.needed().toArray(String[]::new));
    }
  }
}
