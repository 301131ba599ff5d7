package dev.groundmesh.daemonset.runtime;

import dev.groundmesh.daemonset.image.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The jars of a program, as its module's build gathered them.
 *
 * @param own ours
 * @param libraries those of others that hold classes
 * @param natives native libraries out of the jars, for this machine's architecture, by file name
 */
public record Jars(List<Path> own, List<Path> libraries, SortedMap<String, Content> natives) {
  private static final Pattern OWN =
      Pattern.compile("(?:node-agent|controller|mesh-api|tunnel|ebpf-programs)-\\d.*\\.jar");

  /** Copies. */
  public Jars {
    own = List.copyOf(own);
    libraries = List.copyOf(libraries);
    natives = new TreeMap<>(natives);
  }

  /**
   * Reads the jars of a folder.
   *
   * @throws IOException if there is none, which means that the module is not built
   */
  public static Jars in(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> files = Files.list(folder)) {
      all = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
    List<Path> own = new ArrayList<>();
    List<Path> libraries = new ArrayList<>();
    SortedMap<String, Content> natives = new TreeMap<>();
    for (Path jar : all) {
      if (OWN.matcher(jar.getFileName().toString()).matches()) {
        own.add(jar);
      } else if (holdsClasses(jar)) {
        libraries.add(jar);
      }
      collectNatives(jar, natives);
    }
    if (own.isEmpty()) {
      throw new IOException(folder + ": no jar of ours (expected: the module is packaged)");
    }
    return new Jars(own, libraries, natives);
  }

  /** The version of the library of others that a native library of this file name belongs to. */
  public String versionOfNative(String file) {
    String artifact =
        file.startsWith("libjnidispatch")
            ? "jna"
            : file.startsWith("libnetty_tcnative")
                ? "netty-tcnative-classes"
                : "netty-transport-native-unix-common";
    Pattern jar = Pattern.compile(Pattern.quote(artifact) + "-(\\d.*)\\.jar");
    return libraries.stream()
        .map(library -> jar.matcher(library.getFileName().toString()))
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .findFirst()
        .orElse("unknown");
  }

  private static boolean holdsClasses(Path jar) throws IOException {
    try (var zip = new ZipFile(jar.toFile())) {
      return zip.stream()
          .map(ZipEntry::getName)
          .anyMatch(name -> name.endsWith(".class") && !name.endsWith("module-info.class"));
    }
  }

  private static void collectNatives(Path jar, SortedMap<String, Content> natives)
      throws IOException {
    boolean amd64 = System.getProperty("os.arch").equals("amd64");
    String netty = "META-INF/native/libnetty_.*_" + (amd64 ? "x86_64" : "aarch_64") + "\\.so";
    String jna = "com/sun/jna/linux-" + (amd64 ? "x86-64" : "aarch64") + "/libjnidispatch\\.so";
    Pattern wanted = Pattern.compile(netty + '|' + jna);
    try (var zip = new ZipFile(jar.toFile())) {
      zip.stream()
          .filter(entry -> wanted.matcher(entry.getName()).matches())
          .forEach(
              entry ->
                  natives.put(
                      entry.getName().substring(entry.getName().lastIndexOf('/') + 1),
                      content(zip, entry)));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Content content(ZipFile zip, ZipEntry entry) {
    try (InputStream in = zip.getInputStream(entry)) {
      return Content.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
