package dev.groundmesh.lab;

import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.process.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A machine of the cluster: it forwards between its pods and the wires to the other nodes. */
public final class Node extends Host {
  private final int index;
  private final List<Pod> pods = new ArrayList<>();
  private OptionalInt cpu = OptionalInt.empty();
  private int podSerial;

  Node(Lab lab, String name, int index) {
    super(lab, name, lab.id() + "-" + name);
    this.index = index;
    makeNamespace("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1");
  }

  /**
   * Joins two nodes by a veth pair: the node's address on either end, the other's pods behind it.
   */
  static void wire(Node one, Node other) {
    one.ip(
        List.of(
            "link add %s type veth peer name %s netns %s"
                .formatted(one.wireTo(other), other.wireTo(one), other.netns())));
    one.route(other);
    other.route(one);
  }

  private void route(Node peer) {
    String device = wireTo(peer);
    ip(
        List.of(
            "addr add %s/32 dev %s".formatted(Addresses.node4(index), device),
            "addr add %s/128 dev %s nodad".formatted(Addresses.node6(index), device),
            "link set %s up".formatted(device),
            "route add %s/32 dev %s src %s"
                .formatted(Addresses.node4(peer.index), device, Addresses.node4(index)),
            "route add %s/128 dev %s src %s"
                .formatted(Addresses.node6(peer.index), device, Addresses.node6(index)),
            "route add %s via %s dev %s onlink"
                .formatted(Addresses.pods4(peer.index), Addresses.node4(peer.index), device),
            "route add %s via %s dev %s onlink"
                .formatted(Addresses.pods6(peer.index), Addresses.node6(peer.index), device)));
  }

  /** The name of this node's device of the wire to another node. */
  public String wireTo(Node peer) {
    return "wire" + peer.index;
  }

  /** Starts a capture of all that travels between this node and another. */
  public Capture captureWireTo(Node peer) {
    return captureWireTo(peer, "");
  }

  public Capture captureWireTo(Node peer, String filter) {
    return capture(wireTo(peer), filter);
  }

  /** A pod to be put on this node; {@code namespacedName} is {@code <namespace>/<name>}. */
  public PodSpec pod(String namespacedName) {
    return new PodSpec(this, namespacedName);
  }

  Pod put(PodSpec spec) {
    podSerial++;
    Pod pod = new Pod(lab(), this, spec, index, podSerial);
    pods.add(pod);
    lab().added(pod);
    return pod;
  }

  void remove(Pod pod) {
    pods.remove(pod);
  }

  public List<Pod> pods() {
    return List.copyOf(pods);
  }

  /** Keeps programs that start from now on, here and in this node's pods, on one CPU. */
  public Node pinned(int cpu) {
    this.cpu = OptionalInt.of(cpu);
    return this;
  }

  @Override
  public List<InetAddress> addresses() {
    return List.of(
        Addresses.parse(Addresses.node4(index)), Addresses.parse(Addresses.node6(index)));
  }

  @Override
  OptionalInt cpu() {
    return cpu;
  }

  /**
   * A directory of this node alone, e.g. for the state of its agent; outlives the agent, not the
   * lab.
   */
  public Path directory(String purpose) {
    return lab().directory("nodes/" + name() + "/" + purpose);
  }

  /** Removes a directory of this node with all that is in it. */
  public void deleteDirectory(String purpose) {
    Leftovers.deleteTree(directory(purpose));
  }

  /** A BPF file system of this node alone; pins in it outlive the agent, not the lab. */
  public Path bpfFileSystem() {
    Path path = directory("bpf");
    try {
      if (Files.getFileStore(path).type().equals("bpf")) {
        return path;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Command.run("mount", "-t", "bpf", "bpf", path.toString());
    return path;
  }
}
