package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.kernel.Rtnetlink;
import dev.groundmesh.nodeagent.kernel.Rtnetlink.DeviceAddress;
import dev.groundmesh.nodeagent.kernel.Rtnetlink.Rule;
import dev.groundmesh.nodeagent.kernel.Sysctl;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/**
 * What leads marked packets to loopback in a pod's namespace: one rule, one route and one setting.
 * Without a mark nothing of it has any effect. Table, priority and mask are those that ambient pods
 * have with other agents.
 */
final class PodRoutes {
  private static final int TABLE = 100;
  private static final int PRIORITY = 32764;
  private static final int MARK_MASK = 0xfff;
  private static final Rule BY_MARK = new Rule.ByMark(Layout.CAPTURE_MARK, MARK_MASK);

  /**
   * An accepted connection takes the mark of its SYN, so that its packets find the way back to the
   * agent.
   */
  private static final String FWMARK_ACCEPT = "ipv4/tcp_fwmark_accept";

  private PodRoutes() {}

  /**
   * Installs them; those that are there stay.
   *
   * @return whether the setting was changed
   */
  static boolean install(NetnsHandle netns, PodCapture capture) throws IOException {
    boolean changed = !Sysctl.read(netns, FWMARK_ACCEPT).equals("1");
    if (changed) {
      Sysctl.write(netns, FWMARK_ACCEPT, "1");
    }
    try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
      List<DeviceAddress> present = rtnetlink.addresses();
      for (boolean ipv6 : new boolean[] {false, true}) {
        if (!(ipv6 ? capture.ipv6() : capture.ipv4())) {
          continue;
        }
        rtnetlink.putLocalDefault(
            preferredSource(netns, capture.addresses(), present, ipv6), TABLE);
        rtnetlink.addRule(ipv6, BY_MARK, PRIORITY, TABLE);
        for (String device : capture.virtualInterfaces()) {
          rtnetlink.addRule(ipv6, new Rule.ByDevice(device), PRIORITY, TABLE);
        }
      }
    }
    return changed;
  }

  /** Removes them; what is not there is no error. */
  static void remove(NetnsHandle netns, PodCapture capture, boolean setFwmarkAccept)
      throws IOException {
    try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
      for (boolean ipv6 : new boolean[] {false, true}) {
        if (!(ipv6 ? capture.ipv6() : capture.ipv4())) {
          continue;
        }
        removeDevices(rtnetlink, ipv6, capture.virtualInterfaces());
        rtnetlink.removeRule(ipv6, BY_MARK, PRIORITY, TABLE);
        rtnetlink.removeLocalDefault(ipv6, TABLE);
      }
    }
    if (setFwmarkAccept) {
      Sysctl.write(netns, FWMARK_ACCEPT, "0");
    }
  }

  /** Removes the rules of devices that are no longer rerouted. */
  static void removeDevices(NetnsHandle netns, PodCapture capture, List<String> devices)
      throws IOException {
    if (devices.isEmpty()) {
      return;
    }
    try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
      for (boolean ipv6 : new boolean[] {false, true}) {
        if (ipv6 ? capture.ipv6() : capture.ipv4()) {
          removeDevices(rtnetlink, ipv6, devices);
        }
      }
    }
  }

  private static void removeDevices(Rtnetlink rtnetlink, boolean ipv6, List<String> devices)
      throws IOException {
    for (String device : devices) {
      rtnetlink.removeRule(ipv6, new Rule.ByDevice(device), PRIORITY, TABLE);
    }
  }

  /** The pod's first address that a device has: the kernel takes no other. */
  private static InetAddress preferredSource(
      NetnsHandle netns, Set<InetAddress> addresses, List<DeviceAddress> present, boolean ipv6)
      throws IOException {
    return present.stream()
        .filter(DeviceAddress::global)
        .map(DeviceAddress::address)
        .filter(address -> isIpv6(address) == ipv6 && addresses.contains(address))
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "addresses: "
                        + addresses
                        + " (expected: one that a device in "
                        + netns
                        + " has, of "
                        + (ipv6 ? "IPv6)" : "IPv4)")));
  }

  private static boolean isIpv6(InetAddress address) {
    return address.getAddress().length == 16;
  }
}
