package dev.groundmesh.lab;

import dev.groundmesh.lab.process.Command;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A pod: a network namespace joined to its node by {@code eth0}, with a default route there. */
public final class Pod extends Host {
  private static final int FIRST_POD = 2;

  private final Node node;
  private final PodSpec spec;
  private final Map<String, String> labels;
  private final List<InetAddress> addresses;

  Pod(Lab lab, Node node, PodSpec spec, int nodeIndex, int serial) {
    super(lab, spec.name, lab.id() + "-" + spec.namespace + "-" + spec.name);
    this.node = node;
    this.spec = spec;
    labels = Map.copyOf(spec.labels);
    boolean four = spec.families != PodSpec.Families.IPV6;
    boolean six = spec.families != PodSpec.Families.IPV4;
    var literals4 = new ArrayList<String>();
    var literals6 = new ArrayList<String>();
    for (int i = 0; i < spec.addressesPerFamily; i++) {
      // Further addresses count down from the top of the range, primary ones up from the bottom.
      int host = i == 0 ? FIRST_POD + serial - 1 : 255 - serial * 4 - i;
      if (four) {
        literals4.add(Addresses.pod4(nodeIndex, host));
      }
      if (six) {
        literals6.add(Addresses.pod6(nodeIndex, host));
      }
    }
    var literals = new ArrayList<>(literals4);
    literals.addAll(literals6);
    addresses = literals.stream().map(Addresses::parse).toList();
    join(nodeIndex, serial, literals4, literals6);
  }

  private void join(int nodeIndex, int serial, List<String> addresses4, List<String> addresses6) {
    makeNamespace();
    String device = "pod" + serial;
    String gateway4 = Addresses.gateway4(nodeIndex);
    String gateway6 = Addresses.gateway6(nodeIndex);
    var atNode = new ArrayList<String>();
    atNode.add("link add %s type veth peer name eth0 netns %s".formatted(device, netns()));
    atNode.add("addr add %s/32 dev %s".formatted(gateway4, device));
    atNode.add("addr add %s/128 dev %s nodad".formatted(gateway6, device));
    atNode.add("link set %s up".formatted(device));
    var inPod = new ArrayList<String>();
    addresses4.forEach(address -> inPod.add("addr add %s/32 dev eth0".formatted(address)));
    addresses6.forEach(address -> inPod.add("addr add %s/128 dev eth0 nodad".formatted(address)));
    inPod.add("link set eth0 up");
    if (!addresses4.isEmpty()) {
      inPod.add("route add default via %s dev eth0 onlink".formatted(gateway4));
      addresses4.forEach(
          address ->
              atNode.add("route add %s/32 dev %s src %s".formatted(address, device, gateway4)));
    }
    if (!addresses6.isEmpty()) {
      inPod.add("route add default via %s dev eth0 onlink".formatted(gateway6));
      addresses6.forEach(
          address ->
              atNode.add("route add %s/128 dev %s src %s".formatted(address, device, gateway6)));
    }
    node.ip(atNode);
    ip(inPod);
  }

  public Node node() {
    return node;
  }

  public String namespace() {
    return spec.namespace;
  }

  public String serviceAccount() {
    return spec.serviceAccount;
  }

  public Map<String, String> labels() {
    return labels;
  }

  /**
   * Deletes the pod: from the manifests and, with its device, from its node. Its programs are the
   * caller's to end.
   */
  public void delete() {
    node.remove(this);
    lab().podsChanged(this);
    Command.run("ip", "netns", "del", netns());
  }

  @Override
  public List<InetAddress> addresses() {
    return addresses;
  }

  @Override
  OptionalInt cpu() {
    return node.cpu();
  }
}
