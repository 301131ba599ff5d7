package dev.groundmesh.nodeagent.kernel.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The cgroup that a kubelet keeps all pods of its node below: {@code kubepods} or, with systemd's
 * names, {@code kubepods.slice}, perhaps below the kubelet's own.
 */
public final class PodsCgroup {
  private static final int DEPTH = 3;

  private PodsCgroup() {}

  /**
   * Its id, by which programs know it.
   *
   * @param root of the cgroup2 hierarchy, or the part of it that is the node's
   * @return 0 where there is none
   */
  public static long id(Path root) throws IOException {
    try (Stream<Path> directories = Files.find(root, DEPTH, (path, _) -> isOfPods(path))) {
      Path found =
          directories
              .min((a, b) -> Integer.compare(a.getNameCount(), b.getNameCount()))
              .orElse(null);
      return found == null ? 0 : ((Number) Files.getAttribute(found, "unix:ino")).longValue();
    }
  }

  private static boolean isOfPods(Path path) {
    String name = path.getFileName().toString();
    return name.equals("kubepods")
        || name.equals("kubepods.slice")
        || name.endsWith("-kubepods.slice");
  }
}
