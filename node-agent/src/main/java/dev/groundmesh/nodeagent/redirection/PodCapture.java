package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.kernel.Rtnetlink;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a pod's traffic is captured.
 *
 * @param addresses every address of the pod; those that its devices have besides are found and
 *     added
 * @param dnsCapture whether DNS goes to the agent
 * @param bypassInboundCapture whether plaintext connections from outside go to the application
 *     directly ({@code ambient.istio.io/bypass-inbound-capture}); HBONE is accepted all the same
 * @param virtualInterfaces names of devices in the pod whose arriving TCP connections are taken as
 *     outbound ({@code istio.io/reroute-virtual-interfaces}); a device that does not exist yet is
 *     captured from the next enrolment on
 */
public record PodCapture(
    Set<InetAddress> addresses,
    boolean dnsCapture,
    boolean bypassInboundCapture,
    List<String> virtualInterfaces) {

  public PodCapture {
    addresses = Set.copyOf(addresses);
    virtualInterfaces = List.copyOf(virtualInterfaces);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException(
          "addresses: [] (expected: at least one address of the pod)");
    }
  }

  /**
   * Whether connections over IPv4 are captured: the pod has an address that is valid beyond its
   * link.
   */
  public boolean ipv4() {
    return addresses.stream().anyMatch(a -> a instanceof Inet4Address && !a.isLinkLocalAddress());
  }

  /**
   * Whether connections over IPv6 are captured: the pod has an address that is valid beyond its
   * link.
   */
  public boolean ipv6() {
    return addresses.stream().anyMatch(a -> a instanceof Inet6Address && !a.isLinkLocalAddress());
  }

  /**
   * This with the addresses of the namespace's devices added, as the redirection needs it: a
   * connection of a pod to an address of its own must not be captured. What to make the listeners
   * for.
   */
  public PodCapture withAddressesIn(NetnsHandle netns) throws IOException {
    Set<InetAddress> all = new LinkedHashSet<>(addresses);
    try (Rtnetlink rtnetlink = Rtnetlink.open(netns)) {
      for (Rtnetlink.DeviceAddress found : rtnetlink.addresses()) {
        if (!found.address().isLoopbackAddress()) {
          all.add(found.address());
        }
      }
    }
    return new PodCapture(all, dnsCapture, bypassInboundCapture, virtualInterfaces);
  }
}
