package dev.groundmesh.nodeagent.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The processes of the node's pods, by what the kernel says in {@code /proc}. For the host's PID
 * namespace. Confined to one thread.
 */
final class PodProcesses {
  /** Looking at every process costs some milliseconds, and a start asks once for each pod. */
  private static final Duration KEPT = Duration.ofMillis(200);

  private final Path proc;
  private final LongSupplier nanoTime;
  private Map<String, List<Long>> pidsByPod = Map.of();
  private long lookedAt;
  private boolean looked;

  /**
   * @param proc of the host's PID namespace
   */
  PodProcesses(Path proc, LongSupplier nanoTime) {
    this.proc = proc;
    this.nanoTime = nanoTime;
  }

  /** The processes of a pod, the oldest first; some may have ended since. */
  List<Long> of(String podUid) throws IOException {
    long now = nanoTime.getAsLong();
    if (!looked || now - lookedAt > KEPT.toNanos()) {
      pidsByPod = look();
      lookedAt = now;
      looked = true;
    }
    return pidsByPod.getOrDefault(podUid, List.of());
  }

  /** Whether a process is one of the pod at this moment. */
  boolean isOf(long pid, String podUid) {
    return podOf(proc.resolve(Long.toString(pid)), own()).filter(podUid::equals).isPresent();
  }

  /** Where its network namespace is. */
  Path netns(long pid) {
    return proc.resolve(Long.toString(pid)).resolve("ns/net");
  }

  private Map<String, List<Long>> look() throws IOException {
    record Member(long pid, long started) {}
    List<String> own = own();
    Map<String, List<Member>> found = new HashMap<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        podOf(process, own)
            .ifPresent(
                uid -> {
                  long pid = Long.parseLong(process.getFileName().toString());
                  found
                      .computeIfAbsent(uid, _ -> new ArrayList<>())
                      .add(new Member(pid, started(process)));
                });
      }
    }
    Map<String, List<Long>> pids = new HashMap<>();
    found.forEach(
        (uid, all) -> {
          all.sort(
              (a, b) ->
                  a.started() == b.started()
                      ? Long.compare(a.pid(), b.pid())
                      : Long.compare(a.started(), b.started()));
          pids.put(uid, all.stream().map(Member::pid).toList());
        });
    return pids;
  }

  private List<String> own() {
    try {
      return Files.readAllLines(proc.resolve("self/cgroup"));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Optional<String> podOf(Path process, List<String> own) {
    try {
      return CgroupPods.podUid(Files.readAllLines(process.resolve("cgroup")), own);
    } catch (IOException e) {
      // It has ended.
      return Optional.empty();
    }
  }

  /** In clock ticks since the boot; of a process that has ended, the greatest number. */
  private static long started(Path process) {
    try {
      String stat = Files.readString(process.resolve("stat"));
      // The second field is the program's name, in parentheses, with anything in it.
      String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(afterName[19]);
    } catch (IOException | RuntimeException e) {
      return Long.MAX_VALUE;
    }
  }
}
