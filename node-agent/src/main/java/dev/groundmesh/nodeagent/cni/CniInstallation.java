package dev.groundmesh.nodeagent.cni;

import dev.groundmesh.nodeagent.config.CniConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CNI plugin on the node: its program among the others, and its place at the end of the
 * configuration that the container runtime reads, which is the first by name. Every change is one
 * atomic step, so that a pod that starts at that moment finds the old or the new.
 *
 * <p>The configuration belongs to another CNI, which may write it anew at any time: {@link #ensure}
 * is to be called again and again. Confined to one thread.
 */
public final class CniInstallation {
  private static final Logger log = LoggerFactory.getLogger(CniInstallation.class);

  /** What a configuration of one plugin is kept as while a list takes its place. */
  private static final String SAVED = ".groundmesh-saved";

  private static final String FRESH = ".groundmesh-new";
  private static final Set<PosixFilePermission> PROGRAM =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private final CniConfig config;
  private final PluginConfig plugin;
  private @Nullable FileTime programTime;
  private String lastProblem = "";

  public CniInstallation(CniConfig config) {
    this.config = config;
    this.plugin =
        new PluginConfig(config.socket(), config.namespacesFile(), config.excludedNamespaces());
  }

  /** Puts in place what is not. A problem is logged once and tried again with the next call. */
  public void ensure() {
    try {
      Path binaries = config.binaries().orElseThrow();
      ensureProgram(config.plugin().orElseThrow(), binaries.resolve(PluginConfig.TYPE));
      ensureChained(config.configurations().orElseThrow());
      if (!lastProblem.isEmpty()) {
        log.info("the CNI plugin is in place");
      }
      lastProblem = "";
    } catch (IOException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(lastProblem)) {
        log.warn("the CNI plugin cannot be put in place: {}", problem);
      }
      lastProblem = problem;
    }
  }

  private void ensureProgram(Path source, Path target) throws IOException {
    try {
      if (Files.getLastModifiedTime(target).equals(programTime)) {
        return;
      }
      if (Files.mismatch(source, target) < 0 && Files.isExecutable(target)) {
        programTime = Files.getLastModifiedTime(target);
        return;
      }
    } catch (NoSuchFileException e) {
      log.debug("{}: not there yet", target, e);
    }
    // Under another name first: a program that is being run cannot be written to.
    Path fresh = target.resolveSibling("." + target.getFileName() + FRESH);
    Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(fresh, PROGRAM);
    sync(fresh);
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    programTime = Files.getLastModifiedTime(target);
    log.info("{}: the CNI plugin is installed", target);
  }

  private void ensureChained(Path directory) throws IOException {
    Path first =
        configurations(directory).stream()
            .findFirst()
            .orElseThrow(
                () ->
                    new IOException(
                        directory + ": no configuration (expected: that of the cluster's CNI)"));
    String text = Files.readString(first);
    if (isList(first)) {
      String chained = inFile(first, () -> plugin.chainedInto(text));
      if (!chained.equals(text)) {
        replace(first, first, chained);
        log.info("{}: the CNI plugin is chained", first);
      }
      return;
    }
    String list = inFile(first, () -> plugin.chainedAfter(text));
    replace(first, Path.of(withoutExtension(first) + ".conflist"), list);
    Files.move(
        first,
        first.resolveSibling(first.getFileName() + SAVED),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    log.info("{}: made a list, with the CNI plugin chained", first);
  }

  /** Takes out what {@link #ensure} put in place; what is not there is no error. */
  public void remove() throws IOException {
    Optional<Path> directory = config.configurations();
    if (directory.isPresent() && Files.isDirectory(directory.get())) {
      restoreSaved(directory.get());
      for (Path each : configurations(directory.get())) {
        if (isList(each)) {
          unchain(each);
        }
      }
    }
    if (config.binaries().isPresent()) {
      Files.deleteIfExists(config.binaries().get().resolve(PluginConfig.TYPE));
    }
    Files.deleteIfExists(config.namespacesFile());
    Files.deleteIfExists(config.socket());
    log.info("the CNI plugin is removed");
  }

  private static void restoreSaved(Path directory) throws IOException {
    for (Path saved : list(directory, name -> name.endsWith(SAVED))) {
      String name = saved.getFileName().toString();
      Path original = saved.resolveSibling(name.substring(0, name.length() - SAVED.length()));
      Path list = Path.of(withoutExtension(original) + ".conflist");
      if (Files.exists(original)) {
        // The other CNI has written a new one.
        Files.delete(saved);
      } else {
        Files.move(saved, original, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.deleteIfExists(list);
    }
  }

  private static void unchain(Path list) {
    try {
      String text = Files.readString(list);
      String without = PluginConfig.without(text);
      if (!without.equals(text)) {
        replace(list, list, without);
      }
    } catch (IOException e) {
      log.warn("{}: left as it is: {}", list, e.getMessage());
    }
  }

  /** Those that a container runtime reads, in its order. */
  private static List<Path> configurations(Path directory) throws IOException {
    return list(
        directory,
        name -> name.endsWith(".conflist") || name.endsWith(".conf") || name.endsWith(".json"));
  }

  private static List<Path> list(Path directory, Predicate<String> wanted) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> wanted.test(file.getFileName().toString()) && Files.isRegularFile(file))
          .sorted()
          .toList();
    }
  }

  private static boolean isList(Path file) {
    return file.getFileName().toString().endsWith(".conflist");
  }

  private static String withoutExtension(Path file) {
    String path = file.toString();
    return path.substring(0, path.lastIndexOf('.'));
  }

  private static void replace(Path like, Path target, String text) throws IOException {
    Path fresh = target.resolveSibling("." + target.getFileName() + FRESH);
    Files.write(fresh, text.getBytes(StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(like));
    sync(fresh);
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @FunctionalInterface
  private interface Edit {
    String run() throws IOException;
  }

  private static String inFile(Path file, Edit edit) throws IOException {
    try {
      return edit.run();
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }
}
