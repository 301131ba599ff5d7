package dev.groundmesh.nodeagent.runtime;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.enrolment.PodRuntime;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.kernel.Rtnetlink;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the network namespaces of a Kubernetes node's pods by pod UID.
 *
 * <p>A wrong one would give a pod's traffic to another's identity, so a namespace is opened first
 * and judged by the open handle: it is not the node's; a device in it has an address of the pod; it
 * is the same by the runtime's records and by the pod's processes where both are there; and no
 * second one fits as well. Anything else is an error, to be tried again. Confined to the enrolment
 * thread.
 */
public final class KubernetesPodRuntime implements PodRuntime, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KubernetesPodRuntime.class);

  private final Path netnsDirectory;
  private final ContainerdSandboxes sandboxes;
  private final PodProcesses processes;
  private final NetnsHandle own;

  /**
   * @param netnsDirectory where the agent sees the directory in which runtimes keep namespaces;
   *     paths of the runtime are taken by their last part
   * @param containerdState containerd's state directory; none need be there
   * @param proc {@code /proc} of the host's PID namespace
   */
  public KubernetesPodRuntime(Path netnsDirectory, Path containerdState, Path proc)
      throws IOException {
    this.netnsDirectory = netnsDirectory;
    this.sandboxes = new ContainerdSandboxes(containerdState);
    this.processes = new PodProcesses(proc, System::nanoTime);
    this.own = NetnsHandle.own();
  }

  @Override
  public NetnsHandle netnsOf(PodEnrolment enrolment, @Nullable Path announced) throws IOException {
    String uid = enrolment.runtimeId();
    List<NetnsHandle> opened = new ArrayList<>();
    @Nullable NetnsHandle chosen = null;
    try {
      if (announced != null) {
        chosen = single(uid, enrolment, open(List.of(seen(announced)), opened), List.of());
      } else {
        List<NetnsHandle> recorded =
            open(sandboxes.of(uid).stream().map(s -> seen(s.netns())).toList(), opened);
        chosen = single(uid, enrolment, recorded, openProcesses(uid, opened));
      }
      return chosen;
    } finally {
      for (NetnsHandle handle : opened) {
        if (handle != chosen) {
          handle.close();
        }
      }
    }
  }

  private NetnsHandle single(
      String uid, PodEnrolment enrolment, List<NetnsHandle> recorded, List<NetnsHandle> running)
      throws IOException {
    Set<InetAddress> addresses =
        enrolment.addresses().stream().map(IpAddress::toInetAddress).collect(Collectors.toSet());
    Set<Long> both = cookies(recorded);
    if (!running.isEmpty()) {
      if (recorded.isEmpty()) {
        both = cookies(running);
      } else {
        both.retainAll(cookies(running));
      }
    }
    Map<Long, NetnsHandle> fitting = new HashMap<>();
    List<String> rejected = new ArrayList<>();
    for (List<NetnsHandle> source : List.of(recorded, running)) {
      for (NetnsHandle handle : source) {
        if (handle.cookie() == own.cookie()) {
          rejected.add(handle.path() + " is the node's own");
        } else if (!both.contains(handle.cookie())) {
          rejected.add(handle.path() + " is not where both the runtime and the processes are");
        } else if (!has(handle, addresses)) {
          rejected.add(handle.path() + " has none of the pod's addresses");
        } else {
          fitting.putIfAbsent(handle.cookie(), handle);
        }
      }
    }
    if (fitting.size() != 1) {
      throw new IOException(
          "runtime_id: "
              + uid
              + ": "
              + (fitting.isEmpty() ? "no network namespace" : fitting.values())
              + (rejected.isEmpty() ? "" : " " + rejected)
              + " (expected: exactly one with an address of "
              + enrolment.addresses()
              + ")");
    }
    return fitting.values().iterator().next();
  }

  private static Set<Long> cookies(List<NetnsHandle> handles) {
    return handles.stream().map(NetnsHandle::cookie).collect(Collectors.toCollection(HashSet::new));
  }

  private static boolean has(NetnsHandle netns, Set<InetAddress> addresses) throws IOException {
    try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
      return rtnetlink.addresses().stream().anyMatch(found -> addresses.contains(found.address()));
    }
  }

  private static List<NetnsHandle> open(List<Path> paths, List<NetnsHandle> opened) {
    List<NetnsHandle> handles = new ArrayList<>();
    for (Path path : paths) {
      try {
        NetnsHandle handle = NetnsHandle.open(path);
        opened.add(handle);
        handles.add(handle);
      } catch (IOException e) {
        log.debug("{}: no network namespace any more", path, e);
      }
    }
    return handles;
  }

  /** One handle for each namespace that processes of the pod are in, of its oldest process. */
  private List<NetnsHandle> openProcesses(String uid, List<NetnsHandle> opened) throws IOException {
    Map<Long, NetnsHandle> byCookie = new HashMap<>();
    List<NetnsHandle> handles = new ArrayList<>();
    for (long pid : processes.of(uid)) {
      for (NetnsHandle handle : open(List.of(processes.netns(pid)), opened)) {
        // The number may have passed to another process between the look and the opening.
        if (processes.isOf(pid, uid) && byCookie.putIfAbsent(handle.cookie(), handle) == null) {
          handles.add(handle);
        }
      }
    }
    return handles;
  }

  /** The runtime's path as the agent sees it. */
  private Path seen(Path path) {
    Path name = path.getFileName();
    boolean usual =
        path.startsWith("/var/run/netns") || path.startsWith("/run/netns") || name == null;
    return usual && name != null ? netnsDirectory.resolve(name) : path;
  }

  @Override
  public void close() {
    own.close();
  }
}
