package dev.groundmesh.daemonset.bom;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.daemonset.image.Content;
import dev.groundmesh.daemonset.image.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lists every part of an image with version, digest and licence, and collects the licence texts.
 * The same parts give the same bytes. Not thread-safe.
 *
 * @see <a href="https://cyclonedx.org/docs/1.6/json/">CycloneDX 1.6</a>
 */
public final class BillOfMaterials {
  private static final Pattern JAR = Pattern.compile("(.+?)-(\\d.*)\\.jar");
  private static final String OURS = "Apache-2.0";
  private static final String JDK = "GPL-2.0-only WITH Classpath-exception-2.0";

  private final SortedMap<String, ObjectNode> components = new TreeMap<>();
  private final SortedMap<String, Content> licences = new TreeMap<>();

  /** A jar of ours. */
  public void addOwn(Path jar) throws IOException {
    add(jar.getFileName().toString(), Content.of(jar), "dev.groundmesh", OURS);
  }

  /**
   * A jar of others.
   *
   * @throws IOException if its licence is not known
   */
  public void addLibrary(Path jar) throws IOException {
    String file = jar.getFileName().toString();
    Origin origin = Origin.of(Origin.Kind.JAR, file);
    add(file, Content.of(jar), origin.group(), origin.licence());
  }

  private void add(String file, Content content, String group, String licence) throws IOException {
    Matcher parts = JAR.matcher(file);
    if (!parts.matches()) {
      throw new IOException(file + ": a jar without a version (expected: name-version.jar)");
    }
    ObjectNode component = component("library", parts.group(1), parts.group(2), licence);
    component.put("group", group);
    component.put("purl", "pkg:maven/" + group + '/' + parts.group(1) + '@' + parts.group(2));
    hash(component, content);
    put(component);
  }

  /** A native library out of a jar. */
  public void addNative(String file, Content content, String version) throws IOException {
    Origin origin = Origin.of(Origin.Kind.NATIVE, file);
    ObjectNode component = component("library", file, version, origin.licence());
    component.put("group", origin.group());
    hash(component, content);
    put(component);
  }

  /** A shared library of this machine: its package is listed. */
  public void addSystemLibrary(Path file) throws IOException {
    DebianPackage origin = DebianPackage.of(file);
    ObjectNode known = components.get(key(origin.name(), origin.version()));
    if (known == null) {
      known =
          component(
              "library",
              origin.name(),
              origin.version(),
              Origin.of(Origin.Kind.PACKAGE, origin.name()).licence());
      known.put(
          "purl",
          "pkg:deb/debian/"
              + origin.name()
              + '@'
              + origin.version().replace("+", "%2B").replace(":", "%3A")
              + "?arch="
              + origin.architecture());
      put(known);
      licences.put(origin.name() + ".copyright", Content.of(origin.copyright()));
    }
    ObjectNode property = known.withArray("properties").addObject();
    property.put("name", "groundmesh:file:" + file);
    property.put("value", "sha256:" + Sha256.of(Content.of(file)));
  }

  /** A linked Java runtime; its licence texts are in its own folder. */
  public void addRuntime(Path home) throws IOException {
    Properties release = new Properties();
    try (var in = Files.newInputStream(home.resolve("release"))) {
      release.load(in);
    }
    String version = unquoted(release, "JAVA_VERSION");
    ObjectNode component = component("platform", "jdk", version, JDK);
    component.put("publisher", unquoted(release, "IMPLEMENTOR"));
    ObjectNode modules = component.withArray("properties").addObject();
    modules.put("name", "groundmesh:modules");
    modules.put("value", unquoted(release, "MODULES"));
    put(component);
  }

  private static String unquoted(Properties release, String name) {
    return release.getProperty(name, "unknown").replace("\"", "");
  }

  /** Licence texts that are not in the parts themselves, by file name. */
  public SortedMap<String, Content> licences() {
    return licences;
  }

  /**
   * The list.
   *
   * @param image its name
   * @param time of the list
   */
  public Content list(String image, String version, Instant time) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("bomFormat", "CycloneDX");
    root.put("specVersion", "1.6");
    root.put("version", 1);
    ObjectNode metadata = root.putObject("metadata");
    metadata.put("timestamp", time.toString());
    ObjectNode subject = metadata.putObject("component");
    subject.put("type", "container");
    subject.put("name", image);
    subject.put("version", version);
    ArrayNode list = root.putArray("components");
    components.values().forEach(list::add);
    root.put(
        "serialNumber",
        "urn:uuid:" + UUID.nameUUIDFromBytes(root.toString().getBytes(StandardCharsets.UTF_8)));
    return Content.of(
        new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root) + '\n');
  }

  private static ObjectNode component(String type, String name, String version, String licence) {
    ObjectNode component = JsonNodeFactory.instance.objectNode();
    component.put("type", type);
    component.put("bom-ref", key(name, version));
    component.put("name", name);
    component.put("version", version);
    component.putArray("licenses").addObject().put("expression", licence);
    return component;
  }

  private static void hash(ObjectNode component, Content content) throws IOException {
    ObjectNode hash = component.putArray("hashes").addObject();
    hash.put("alg", "SHA-256");
    hash.put("content", Sha256.of(content));
  }

  private void put(ObjectNode component) {
    components.put(component.path("bom-ref").asText(), component);
  }

  private static String key(String name, String version) {
    return name + '@' + version;
  }
}
