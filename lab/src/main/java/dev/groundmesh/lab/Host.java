package dev.groundmesh.lab;

import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.process.Cgroup;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.CommandFailedException;
import dev.groundmesh.lab.process.ProgramSpec;
import dev.groundmesh.lab.process.Surroundings;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;

/** A node or a pod: a network namespace with a name, addresses and programs. */
public abstract sealed class Host permits Node, Pod {
  private static final Duration EXEC_LIMIT = Duration.ofSeconds(30);

  /**
   * Joins the cgroup ($1), shows the host's own name ($2) and resolver ($3, if such a file is), and
   * becomes the program. Runs in mount and UTS namespaces of its own.
   */
  private static final String ENTRY =
      """
      echo $$ > "$1/cgroup.procs" && echo "$2" > /proc/sys/kernel/hostname || exit 125
      if [ -e "$3" ]; then mount --bind "$3" /etc/resolv.conf || exit 125; fi
      shift 3; exec "$@\"""";

  private final Lab lab;
  private final String name;
  private final String netns;

  Host(Lab lab, String name, String netns) {
    this.lab = lab;
    this.name = name;
    this.netns = netns;
  }

  Lab lab() {
    return lab;
  }

  public String name() {
    return name;
  }

  /** The name of the network namespace, as in {@code ip netns list}. */
  public String netns() {
    return netns;
  }

  Path netnsPath() {
    return Leftovers.NETNS.resolve(netns);
  }

  /** Every address, the primary IPv4 one first. */
  public abstract List<InetAddress> addresses();

  /**
   * Whether a textual address, as a program on another host would log it, is one of this host's.
   */
  public boolean hasAddress(String text) {
    return addresses().contains(InetAddress.ofLiteral(text));
  }

  /** The first IPv4 address, as text. */
  public String ipv4() {
    return first(Inet4Address.class);
  }

  /** The first IPv6 address, as text without brackets or scope. */
  public String ipv6() {
    return first(Inet6Address.class);
  }

  private String first(Class<? extends InetAddress> family) {
    return addresses().stream()
        .filter(family::isInstance)
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(name + ": no address of " + family.getSimpleName()));
  }

  abstract OptionalInt cpu();

  /** A program to be started on this host; see {@link ProgramSpec}. */
  public ProgramSpec program(String... command) {
    return program(List.of(command));
  }

  public ProgramSpec program(List<String> command) {
    return new ProgramSpec(new OnHost(), command);
  }

  /**
   * Runs a command on this host to its end.
   *
   * @throws CommandFailedException with its stderr, unless it ends with status 0 within 30 s
   */
  public Command.Output exec(String... command) {
    return tryExec(EXEC_LIMIT, command).orThrow();
  }

  /** Runs a command on this host to its end, whatever its exit status. */
  public Command.Output tryExec(Duration limit, String... command) {
    var whole = new ArrayList<>(new OnHost().entry(lab.cgroup().child("exec")));
    whole.addAll(List.of(command));
    return Command.run(whole, "", limit);
  }

  /**
   * Runs Java code inside this host's network namespace, on a thread of its own: sockets that the
   * code makes belong to this host, whoever uses them later.
   */
  public <T> T inside(Callable<T> work) throws Exception {
    return NetworkNamespace.call(netnsPath(), work);
  }

  /** A plain HTTP GET from within this host to its own loopback address. */
  public HttpAnswer get(int port, String path) {
    return get("127.0.0.1", port, path);
  }

  /** A plain HTTP GET from within this host; {@code address} is an IP address. */
  public HttpAnswer get(String address, int port, String path) {
    try {
      return inside(
          () -> HttpAnswer.get(new InetSocketAddress(Addresses.parse(address), port), path));
    } catch (Exception e) {
      throw new IllegalStateException(name + ": GET " + address + ":" + port + path, e);
    }
  }

  /**
   * Starts a capture on a device of this host; {@code filter} is in the language of pcap-filter(7),
   * may be empty.
   */
  public Capture capture(String device, String filter) {
    return Capture.start(
        this::program, this::inside, lab.directory("captures"), name, device, filter);
  }

  /**
   * Makes the namespace, with addresses that are usable at once, lo up, and these settings of
   * /proc/sys.
   */
  void makeNamespace(String... settings) {
    Command.run("ip", "netns", "add", netns);
    var script =
        new StringBuilder("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up");
    for (String setting : settings) {
      String[] pathAndValue = setting.split("=", 2);
      script
          .append(" && echo ")
          .append(pathAndValue[1])
          .append(" > /proc/sys/")
          .append(pathAndValue[0]);
    }
    bare("", "sh", "-c", script.toString());
  }

  /** Configures the namespace: the lines of {@code ip -batch}. */
  void ip(List<String> lines) {
    Command.run(
            List.of("ip", "-n", netns, "-batch", "-"), String.join("\n", lines) + "\n", EXEC_LIMIT)
        .orThrow();
  }

  /**
   * Runs a program in the network namespace alone, without the host's name, resolver and cgroup.
   */
  Command.Output bare(String stdin, String... command) {
    var whole = new ArrayList<>(List.of("nsenter", "--net=" + netnsPath()));
    whole.addAll(List.of(command));
    return Command.run(whole, stdin, EXEC_LIMIT).orThrow();
  }

  Path resolvConf() {
    return lab.directory("resolv").resolve(name + ".conf");
  }

  @Override
  public String toString() {
    return name;
  }

  private final class OnHost implements Surroundings {
    @Override
    public String host() {
      return name;
    }

    @Override
    public List<String> entry(Cgroup cgroup) {
      return List.of(
          "nsenter",
          "--net=" + netnsPath(),
          "unshare",
          "--mount",
          "--uts",
          "--propagation",
          // Namespaces named or deleted later are seen too, as an agent must; nothing goes back.
          "slave",
          "sh",
          "-c",
          ENTRY,
          "entry",
          cgroup.path().toString(),
          name,
          resolvConf().toString());
    }

    @Override
    public Cgroup cgroup() {
      return lab.cgroup();
    }

    @Override
    public Path logs() {
      return lab.directory("logs");
    }

    @Override
    public OptionalInt cpu() {
      return Host.this.cpu();
    }
  }
}
