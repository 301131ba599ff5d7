package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.EbpfObject;
import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.nodeagent.kernel.Mounts;
import dev.groundmesh.nodeagent.kernel.NetnsChannels;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.kernel.Sysctl;
import dev.groundmesh.nodeagent.kernel.bpf.BpfObject;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.SocketProtocolFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the agent needs of the kernel and the machine. */
public final class Needs {
  private static final Path BTF = Path.of("/sys/kernel/btf/vmlinux");
  private static final Path STATUS = Path.of("/proc/self/status");

  private final List<Need> needs = new ArrayList<>();

  private Needs() {}

  /** What a check found; throws if the need is not met. */
  private interface Check {
    String run() throws IOException;
  }

  /**
   * Checks each need by itself. Loads the eBPF programs, attaches none.
   *
   * @param pinDirectory where the agent would pin
   * @param cgroupRoot where the cgroup2 hierarchy is mounted, or above
   */
  public static List<Need> check(Path pinDirectory, Path cgroupRoot) {
    Needs all = new Needs();
    all.need(
        "kernel",
        "run a kernel of version 5.15 or later",
        () -> kernel(System.getProperty("os.name"), System.getProperty("os.version")));
    all.need("capabilities", "run as root, or in a privileged container", Needs::capabilities);
    all.need(
        "type information of the kernel",
        "run a kernel with CONFIG_DEBUG_INFO_BTF",
        Needs::typeInformation);
    all.need(
        "cgroup2 hierarchy",
        "mount one: mount -t cgroup2 none /sys/fs/cgroup/unified",
        () ->
            Mounts.cgroup2(cgroupRoot)
                .map(Path::toString)
                .orElseThrow(() -> new IOException("none is mounted")));
    all.need(
        "bpf file system",
        "mount one: mount -t bpf bpf /sys/fs/bpf",
        () -> bpfFileSystem(pinDirectory));
    all.need("network namespace cookies", "run a kernel of version 5.14 or later", Needs::cookie);
    all.need(
        "setting net.ipv4.tcp_fwmark_accept",
        "run a kernel with it, and let the agent write below /proc/sys/net",
        Needs::fwmarkAccept);
    all.need(
        "transparent sockets with a mark",
        "give the agent CAP_NET_ADMIN",
        Needs::transparentSocket);
    all.need(
        "programs of the node (cgroup hooks)",
        "see the kernel's words; install libbpf1 if it is not found",
        () -> load("node", EbpfObject.NODE, new byte[0]));
    all.need(
        "program of a pod (sk_lookup)",
        "see the kernel's words; install libbpf1 if it is not found",
        () -> load("pod", EbpfObject.POD, Layout.encode(0L)));
    return List.copyOf(all.needs);
  }

  private void need(String name, String remedy, Check check) {
    try {
      needs.add(new Need(name, true, check.run(), ""));
    } catch (IOException | RuntimeException | LinkageError e) {
      needs.add(new Need(name, false, String.valueOf(e.getMessage()), remedy));
    }
  }

  static String kernel(String system, String version) throws IOException {
    String[] parts = version.split("[.-]", 3);
    boolean late =
        system.equals("Linux")
            && parts.length > 1
            && Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1]) >= 5015;
    if (!late) {
      throw new IOException(system + " " + version);
    }
    return system + " " + version;
  }

  private static String capabilities() throws IOException {
    Map<String, Integer> needed = new LinkedHashMap<>();
    needed.put("CAP_NET_ADMIN", 12);
    needed.put("CAP_NET_RAW", 13);
    needed.put("CAP_SYS_ADMIN", 21);
    long effective =
        Files.readAllLines(STATUS).stream()
            .filter(line -> line.startsWith("CapEff:"))
            .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElse(0L);
    List<String> missing =
        needed.keySet().stream()
            .filter(name -> (effective & (1L << needed.getOrDefault(name, 0))) == 0)
            .toList();
    if (!missing.isEmpty()) {
      throw new IOException("missing: " + String.join(", ", missing));
    }
    return String.join(", ", needed.keySet());
  }

  private static String typeInformation() throws IOException {
    if (!Files.isReadable(BTF)) {
      throw new IOException(BTF + " is not readable");
    }
    return BTF + ", " + Files.size(BTF) + " bytes";
  }

  private static String bpfFileSystem(Path pinDirectory) throws IOException {
    if (Mounts.isBpffs(pinDirectory)) {
      return "mounted at or above " + pinDirectory;
    }
    if (!Files.readString(Path.of("/proc/filesystems")).contains("\tbpf\n")) {
      throw new IOException("the kernel has none");
    }
    return "not mounted above " + pinDirectory + " yet; the agent will mount it";
  }

  private static String cookie() throws IOException {
    try (NetnsHandle own = NetnsHandle.own()) {
      return "cookie " + own.cookie();
    }
  }

  private static String fwmarkAccept() throws IOException {
    try (NetnsHandle own = NetnsHandle.own()) {
      String value = Sysctl.read(own, "ipv4/tcp_fwmark_accept");
      if (!Files.isWritable(Path.of("/proc/sys/net/ipv4/tcp_fwmark_accept"))) {
        throw new IOException("it is not writable");
      }
      return value + " in the node's namespace";
    }
  }

  private static String transparentSocket() throws IOException {
    Epoll.ensureAvailability();
    try (NetnsHandle own = NetnsHandle.own()) {
      NetnsChannels.listeners(own, SocketProtocolFamily.INET).newChannel().unsafe().closeForcibly();
      return "made one";
    }
  }

  private static String load(String name, EbpfObject elf, byte[] constants) throws IOException {
    try (BpfObject object = BpfObject.open(name, elf.read())) {
      if (constants.length > 0) {
        object.setReadOnlyData(constants);
      }
      object.load();
      return "accepted by the kernel";
    }
  }
}
