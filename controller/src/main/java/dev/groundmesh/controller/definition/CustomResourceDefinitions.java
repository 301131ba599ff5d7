package dev.groundmesh.controller.definition;

import dev.groundmesh.controller.model.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The definitions as manifests. They have Istio's and Gateway API's names, versions and columns, so
 * that theirs can take their place; they are only for clusters that have none.
 */
public final class CustomResourceDefinitions {

  /** A file of them, in the chart and in the controller's jar. */
  private enum File {
    ISTIO(
        "istio.yaml",
        List.of(
            Kind.AUTHORIZATION_POLICY,
            Kind.PEER_AUTHENTICATION,
            Kind.SERVICE_ENTRY,
            Kind.WORKLOAD_ENTRY)),
    GATEWAY_API("gateway-api.yaml", List.of(Kind.GATEWAY_CLASS, Kind.GATEWAY));

    private final String name;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
    private final List<Kind> kinds;

    File(String name, List<Kind> kinds) {
      this.name = name;
      this.kinds = kinds;
    }
  }

  /** A column of {@code kubectl get}. */
  private record Column(String name, String type, String path) {}

  private static final Column AGE = new Column("Age", "date", ".metadata.creationTimestamp");

  private CustomResourceDefinitions() {}

  /** All files by name, with their text in YAML. */
  public static Map<String, String> files() {
    Map<String, String> files = new LinkedHashMap<>();
    for (File file : File.values()) {
      files.put(file.name, text(file));
    }
    return files;
  }

  /** Writes the files into the directory named by the only argument. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    for (Map.Entry<String, String> file : files().entrySet()) {
      Files.writeString(directory.resolve(file.getKey()), file.getValue());
    }
  }

  private static String text(File file) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setExplicitStart(true)
            .setDereferenceAliases(true)
            .setIndicatorIndent(0)
            .build();
    List<Object> definitions = new ArrayList<>();
    file.kinds.forEach(kind -> definitions.add(definition(kind)));
    return new Dump(settings).dumpAllToString(definitions.iterator());
  }

  private static Map<String, Object> definition(Kind kind) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", kind.plural() + '.' + kind.group());
    if (kind.group().endsWith(".k8s.io")) {
      metadata.put(
          "annotations",
          Map.of(
              "api-approved.kubernetes.io", "unapproved, what a mesh without Gateway API reads"));
    }
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("group", kind.group());
    spec.put("names", names(kind));
    spec.put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
    List<Object> versions = new ArrayList<>();
    for (String version : kind.versions()) {
      versions.add(version(kind, version));
    }
    spec.put("versions", versions);
    Map<String, Object> definition = new LinkedHashMap<>();
    definition.put("apiVersion", "apiextensions.k8s.io/v1");
    definition.put("kind", "CustomResourceDefinition");
    definition.put("metadata", metadata);
    definition.put("spec", spec);
    return definition;
  }

  private static Map<String, Object> names(Kind kind) {
    Map<String, Object> names = new LinkedHashMap<>();
    names.put("kind", kind.text());
    names.put("listKind", kind.text() + "List");
    names.put("plural", kind.plural());
    names.put("singular", kind.text().toLowerCase(Locale.ROOT));
    names.put(
        "shortNames",
        List.of(
            switch (kind) {
              case AUTHORIZATION_POLICY -> "ap";
              case PEER_AUTHENTICATION -> "pa";
              case SERVICE_ENTRY -> "se";
              case WORKLOAD_ENTRY -> "we";
              case GATEWAY -> "gtw";
              case GATEWAY_CLASS -> "gc";
              default -> throw new IllegalArgumentException(kind.text());
            }));
    names.put(
        "categories",
        kind.group().endsWith(".istio.io")
            ? List.of("istio-io", kind.group().replace('.', '-'))
            : List.of("gateway-api"));
    return names;
  }

  private static Map<String, Object> version(Kind kind, String version) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("type", "object");
    root.put("required", List.of("spec"));
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("spec", Schemas.spec(kind).toMap());
    properties.put("status", Schemas.status(kind).toMap());
    root.put("properties", properties);
    List<Object> columns = new ArrayList<>();
    for (Column column : columns(kind)) {
      Map<String, Object> written = new LinkedHashMap<>();
      written.put("name", column.name());
      written.put("type", column.type());
      written.put("jsonPath", column.path());
      columns.add(written);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", version);
    map.put("served", true);
    map.put("storage", version.equals(kind.versions().getFirst()));
    map.put("additionalPrinterColumns", columns);
    map.put("subresources", Map.of("status", Map.of()));
    map.put("schema", Map.of("openAPIV3Schema", root));
    return map;
  }

  private static List<Column> columns(Kind kind) {
    return switch (kind) {
      case AUTHORIZATION_POLICY -> List.of(new Column("Action", "string", ".spec.action"), AGE);
      case PEER_AUTHENTICATION -> List.of(new Column("Mode", "string", ".spec.mtls.mode"), AGE);
      case SERVICE_ENTRY ->
          List.of(
              new Column("Hosts", "string", ".spec.hosts"),
              new Column("Location", "string", ".spec.location"),
              new Column("Resolution", "string", ".spec.resolution"),
              AGE);
      case WORKLOAD_ENTRY -> List.of(AGE, new Column("Address", "string", ".spec.address"));
      case GATEWAY ->
          List.of(
              new Column("Class", "string", ".spec.gatewayClassName"),
              new Column("Address", "string", ".status.addresses[*].value"),
              new Column(
                  "Programmed", "string", ".status.conditions[?(@.type==\"Programmed\")].status"),
              AGE);
      case GATEWAY_CLASS ->
          List.of(
              new Column("Controller", "string", ".spec.controllerName"),
              new Column(
                  "Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status"),
              AGE);
      default -> throw new IllegalArgumentException(kind.text());
    };
  }
}
