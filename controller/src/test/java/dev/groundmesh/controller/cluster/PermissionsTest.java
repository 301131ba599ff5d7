package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.control.RootConfigMapNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The roles that are installed, against what the programs need. */
class PermissionsTest {

  private static final Path MANIFESTS = Path.of("..", "daemonset", "manifests", "groundmesh.yaml");
  private static final String CONTROLLER = "groundmesh-controller";
  private static final String AGENT = "groundmesh-agent";

  @Test
  void clusterRoleHoldsExactlyWhatTheControllerUses() throws Exception {
    assertThat(flat(installed("ClusterRole")))
        .containsExactlyElementsOf(
            flat(Permissions.everywhere(CONTROLLER, RootConfigMapNames.ISTIO)));
  }

  @Test
  void roleHoldsExactlyWhatTheControllerUses() throws Exception {
    assertThat(flat(installed("Role")))
        .containsExactlyElementsOf(flat(Permissions.inItsNamespace(CONTROLLER)));
  }

  @Test
  void nobodyElseIsBoundToARole() throws Exception {
    List<Object> subjects = new ArrayList<>();
    for (Map<?, ?> object : objects()) {
      if (String.valueOf(object.get("kind")).endsWith("RoleBinding")) {
        for (Object subject : list(object, "subjects")) {
          subjects.add(((Map<?, ?>) subject).get("name"));
        }
      }
    }
    assertThat(subjects).isNotEmpty().containsOnly(CONTROLLER);
  }

  @Test
  void agentHasNoTokenForTheApiServer() throws Exception {
    List<Map<?, ?>> agents =
        objects().stream().filter(object -> "DaemonSet".equals(object.get("kind"))).toList();
    assertThat(agents).hasSize(1);
    Map<?, ?> pod = at(agents.getFirst(), "spec", "template", "spec");
    assertThat(pod.get("serviceAccountName")).isEqualTo(AGENT);
    assertThat(pod.get("automountServiceAccountToken")).isEqualTo(false);
  }

  private static List<Permission> installed(String kind) throws IOException {
    List<Permission> found = new ArrayList<>();
    for (Map<?, ?> object : objects()) {
      if (kind.equals(object.get("kind"))) {
        for (Object rule : list(object, "rules")) {
          Map<?, ?> fields = (Map<?, ?>) rule;
          assertThat(fields.containsKey("nonResourceURLs")).isFalse();
          for (String group : strings(fields, "apiGroups")) {
            for (String resource : strings(fields, "resources")) {
              found.add(
                  new Permission(
                      group, resource, strings(fields, "resourceNames"), strings(fields, "verbs")));
            }
          }
        }
      }
    }
    return found;
  }

  /** One verb on one thing a line, so that the grouping of rules does not matter. */
  private static List<String> flat(List<Permission> permissions) {
    Set<String> lines = new TreeSet<>();
    for (Permission permission : permissions) {
      Set<String> names = permission.names().isEmpty() ? Set.of("*") : permission.names();
      for (String name : names) {
        for (String verb : permission.verbs()) {
          lines.add(permission.group() + '/' + permission.resource() + ' ' + name + ' ' + verb);
        }
      }
    }
    return List.copyOf(lines);
  }

  private static Set<String> strings(Map<?, ?> fields, String field) {
    Set<String> found = new TreeSet<>();
    if (fields.get(field) instanceof List<?> list) {
      list.forEach(one -> found.add(String.valueOf(one)));
    }
    return found;
  }

  private static List<?> list(Map<?, ?> fields, String field) {
    return fields.get(field) instanceof List<?> list ? list : List.of();
  }

  private static Map<?, ?> at(Map<?, ?> from, String... path) {
    Map<?, ?> here = from;
    for (String step : path) {
      here = here.get(step) instanceof Map<?, ?> next ? next : Map.of();
    }
    return here;
  }

  private static List<Map<?, ?>> objects() throws IOException {
    List<Map<?, ?>> found = new ArrayList<>();
    Load load = new Load(LoadSettings.builder().build());
    for (Object document : load.loadAllFromString(Files.readString(MANIFESTS))) {
      if (document instanceof Map<?, ?> object) {
        found.add(object);
      }
    }
    return found;
  }
}
