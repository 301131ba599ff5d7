package dev.groundmesh.daemonset;

import dev.groundmesh.daemonset.bom.BillOfMaterials;
import dev.groundmesh.daemonset.elf.SharedLibraries;
import dev.groundmesh.daemonset.image.Content;
import dev.groundmesh.daemonset.image.FileTree;
import dev.groundmesh.daemonset.image.Image;
import dev.groundmesh.daemonset.runtime.Jars;
import dev.groundmesh.daemonset.runtime.JavaRuntime;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of one image in four layers: the runtime, others' libraries, our program, and what the
 * training run made. Only the last differs from build to build of the same sources.
 */
final class ProgramImage {
  private static final String HOME = "opt/groundmesh";
  private static final String JRE = HOME + "/jre";
  private static final String LIB = HOME + "/lib";
  private static final String NATIVE = HOME + "/native";
  private static final String BIN = HOME + "/bin";
  private static final String ARGUMENTS = HOME + "/jvm.args";
  private static final String CACHE = HOME + "/program.aot";
  private static final String LICENCES = HOME + "/licences";

  private final Recipe recipe;
  private final Jars jars;
  private final Path jre;
  private final FileTree runtime = new FileTree();
  private final FileTree libraries = new FileTree();
  private final FileTree program = new FileTree();
  private final FileTree trained = new FileTree();
  private final SortedMap<String, Path> systemLibraries;

  private ProgramImage(
      Recipe recipe, Jars jars, Path jre, SortedMap<String, Path> systemLibraries) {
    this.recipe = recipe;
    this.jars = jars;
    this.jre = jre;
    this.systemLibraries = systemLibraries;
  }

  /**
   * Gathers the files.
   *
   * @param home the repository
   * @param work an empty folder that lives as long as the image
   */
  static ProgramImage gather(Recipe recipe, Path home, Path work) throws IOException {
    Jars jars = Jars.in(home.resolve(recipe.module()).resolve("target").resolve("lib"));
    Path jre = work.resolve("jre");
    JavaRuntime.link(recipe.modules(), jre);
    Path natives = Files.createDirectories(work.resolve("native"));
    for (Map.Entry<String, Content> library : jars.natives().entrySet()) {
      try (var in = library.getValue().open()) {
        Files.copy(in, natives.resolve(library.getKey()));
      }
    }
    var image = new ProgramImage(recipe, jars, jre, systemLibraries(recipe, jre, natives));
    image.addRuntime(home);
    image.addLibraries();
    image.addProgram();
    image.addNativePrograms(home.resolve("daemonset").resolve("target").resolve("native"));
    return image;
  }

  private static SortedMap<String, Path> systemLibraries(Recipe recipe, Path jre, Path natives)
      throws IOException {
    SharedLibraries machine = SharedLibraries.ofThisMachine();
    List<Path> roots = new ArrayList<>(regularFiles(jre.resolve("bin")));
    roots.addAll(regularFiles(natives));
    SortedMap<String, Path> found = new TreeMap<>();
    for (String name : recipe.systemLibraries()) {
      Path library = machine.find(name, Path.of("the program"));
      found.put(library.toString(), library);
      roots.add(library);
    }
    found.putAll(machine.neededBy(roots, regularFiles(jre.resolve("lib"))));
    return found;
  }

  private static List<Path> regularFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private void addRuntime(Path home) throws IOException {
    runtime.folder(JRE, jre);
    for (Map.Entry<String, Path> library : systemLibraries.entrySet()) {
      runtime.executable(library.getKey().substring(1), Content.of(library.getValue()));
    }
    runtime.file(
        "etc/passwd",
        Content.of(
            """
            root:x:0:0:root:/:/sbin/nologin
            groundmesh:x:65532:65532:groundmesh:/:/sbin/nologin
            """));
    // Programs look whether it is there; a container's own is read-only.
    runtime.directory("tmp", 01777);
    runtime.file("etc/group", Content.of("root:x:0:\ngroundmesh:x:65532:\n"));
    runtime.file(LICENCES + "/groundmesh", Content.of(home.resolve("LICENSE")));
    runtime.link("var/run", "/run");
    runtime.directory("run", 0755);
    runtime.file(
        "etc/nsswitch.conf", Content.of("passwd: files\ngroup: files\nhosts: files dns\n"));
  }

  private void addLibraries() {
    for (Path jar : jars.libraries()) {
      libraries.file(LIB + '/' + jar.getFileName(), Content.of(jar));
    }
    jars.natives().forEach((name, library) -> libraries.executable(NATIVE + '/' + name, library));
  }

  private void addProgram() {
    for (Path jar : jars.own()) {
      program.file(LIB + '/' + jar.getFileName(), Content.of(jar));
    }
    JavaCommand command = command(Path.of("/")).usingAotCache(Path.of("/" + CACHE));
    var lines = new ArrayList<>(command.jvmOptions());
    lines.add("-cp");
    lines.add(command.classPath().argument());
    program.file(ARGUMENTS, Content.of(String.join("\n", lines) + "\n"));
  }

  private void addNativePrograms(Path built) {
    for (String name : recipe.nativePrograms()) {
      program.executable(BIN + '/' + name, Content.of(built.resolve(name)));
    }
  }

  /**
   * How the program is run, without a cache.
   *
   * @param root where the image's root is on this machine
   */
  JavaCommand command(Path root) {
    List<Path> classPath =
        Stream.concat(jars.own().stream(), jars.libraries().stream())
            .map(jar -> root.resolve(LIB).resolve(jar.getFileName()))
            .sorted()
            .toList();
    return recipe
        .profile()
        .apply(new ClassPath(classPath))
        .runBy(root.resolve(JRE))
        .with(
            // Nothing is unpacked at the start: the root file system is read-only.
            "-Djava.library.path=" + root.resolve(NATIVE),
            "-Djna.boot.library.path=" + root.resolve(NATIVE),
            "-Djna.nounpack=true",
            "-XX:+ErrorFileToStderr");
  }

  Recipe recipe() {
    return recipe;
  }

  private String name() {
    return "groundmesh/" + recipe.program();
  }

  /**
   * Lists what the image is made of, in the image and for beside it.
   *
   * @return the list
   */
  Content addBillOfMaterials(String version, Instant time) throws IOException {
    var bill = new BillOfMaterials();
    bill.addRuntime(jre);
    for (Path jar : jars.own()) {
      bill.addOwn(jar);
    }
    for (Path jar : jars.libraries()) {
      bill.addLibrary(jar);
    }
    for (Map.Entry<String, Content> library : jars.natives().entrySet()) {
      bill.addNative(library.getKey(), library.getValue(), jars.versionOfNative(library.getKey()));
    }
    for (Path library : systemLibraries.values()) {
      bill.addSystemLibrary(library);
    }
    bill.licences().forEach((name, text) -> runtime.file(LICENCES + '/' + name, text));
    Content list = bill.list(name(), version, time);
    program.file(HOME + "/sbom.cdx.json", list);
    return list;
  }

  void addCache(Path cache) {
    trained.file(CACHE, Content.of(cache));
  }

  /** What the image holds but the cache. */
  List<FileTree> untrained() {
    return List.of(runtime, libraries, program);
  }

  Image image(String version) {
    SortedMap<String, String> labels = new TreeMap<>();
    labels.put("org.opencontainers.image.title", recipe.title());
    labels.put("org.opencontainers.image.version", version);
    labels.put("org.opencontainers.image.licenses", "Apache-2.0");
    return new Image(
        name(),
        version,
        System.getProperty("os.arch").equals("amd64") ? "amd64" : "arm64",
        List.of(runtime, libraries, program, trained),
        recipe.user(),
        List.of("/" + JRE + "/bin/java", "@/" + ARGUMENTS),
        List.of(command(Path.of("/")).mainClass()),
        recipe.environment(),
        labels);
  }
}
