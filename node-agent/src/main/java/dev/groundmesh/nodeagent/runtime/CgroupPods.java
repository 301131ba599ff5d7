package dev.groundmesh.nodeagent.runtime;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads from {@code /proc/<pid>/cgroup} which pod a process belongs to, in the layouts of kubelet's
 * two cgroup drivers: {@code .../kubepods/burstable/pod<uid>/<container>} and {@code
 * .../kubepods-burstable-pod<uid with underscores>.slice/cri-<container>.scope}. Pure.
 */
final class CgroupPods {
  /** The UID of a pod of the API server, or of one that the node read from a file. */
  private static final Pattern POD =
      Pattern.compile(
          "(?:kubepods(?:-[a-z]+)?-)?pod"
              + "([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\\.slice)?");

  private CgroupPods() {}

  /**
   * The UID of the pod that a process is in.
   *
   * @param lines of the process's {@code cgroup} file
   * @param own those of the agent itself: what both are below is no pod of this node, but may be
   *     one of the cluster that the node itself runs in
   * @return empty for a process of no pod, and for one whose hierarchies contradict each other
   */
  static Optional<String> podUid(List<String> lines, List<String> own) {
    String found = null;
    for (String line : lines) {
      int hierarchy = line.indexOf(':');
      int path = hierarchy < 0 ? -1 : line.indexOf(':', hierarchy + 1);
      if (path < 0) {
        continue;
      }
      String uid = outermostPod(line.substring(path + 1), pathOf(line.substring(0, path + 1), own));
      if (uid == null) {
        continue;
      }
      if (found != null && !found.equals(uid)) {
        return Optional.empty();
      }
      found = uid;
    }
    return Optional.ofNullable(found);
  }

  private static String pathOf(String hierarchy, List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(hierarchy))
        .map(line -> line.substring(hierarchy.length()))
        .findFirst()
        .orElse("/");
  }

  /** A pod can make groups below its own, of any name; never above it. */
  private static @Nullable String outermostPod(String path, String own) {
    String[] parts = path.split("/", -1);
    String[] ownParts = own.split("/", -1);
    int shared = 0;
    while (shared < parts.length
        && shared < ownParts.length
        && parts[shared].equals(ownParts[shared])) {
      shared++;
    }
    for (int i = shared; i < parts.length; i++) {
      Matcher matcher = POD.matcher(parts[i]);
      if (matcher.matches()) {
        return matcher.group(1).replace('_', '-');
      }
    }
    return null;
  }
}
