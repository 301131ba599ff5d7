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
 * What leads marked packets to loopback in a pod's namespace: one rule, one route and some
 * settings. Without a mark nothing of it has any effect. Table, priority and mask are those that
 * ambient pods have with other agents.
 */
final class PodRoutes {
  private static final int TABLE = 100;
  private static final int PRIORITY = 32764;
  private static final int MARK_MASK = 0xfff;
  private static final Rule BY_MARK = new Rule.ByMark(Layout.CAPTURE_MARK, MARK_MASK);

  /**
   * The settings, all on: an accepted connection takes the mark of its SYN, so that its packets
   * find the way back to the agent; and so do answers that no socket gives, such as to a port where
   * nobody listens.
   */
  private static final List<String> SETTINGS =
      List.of("ipv4/tcp_fwmark_accept", "ipv4/fwmark_reflect", "ipv6/fwmark_reflect");

  private PodRoutes() {}

  /**
   * Installs them; those that are there stay.
   *
   * @return the settings that were changed, one bit for each
   */
  static int install(NetnsHandle netns, PodCapture capture) throws IOException {
    int changed = 0;
    for (int i = 0; i < SETTINGS.size(); i++) {
      if (applies(SETTINGS.get(i), capture) && !Sysctl.read(netns, SETTINGS.get(i)).equals("1")) {
        Sysctl.write(netns, SETTINGS.get(i), "1");
        changed |= 1 << i;
      }
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
  static void remove(NetnsHandle netns, PodCapture capture, int changedSettings)
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
    for (int i = 0; i < SETTINGS.size(); i++) {
      if ((changedSettings & (1 << i)) != 0) {
        Sysctl.write(netns, SETTINGS.get(i), "0");
      }
    }
  }

  /** A kernel without IPv6 has none of its settings. */
  private static boolean applies(String setting, PodCapture capture) {
    return capture.ipv6() || !setting.startsWith("ipv6/");
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
