package dev.groundmesh.nodeagent.redirection;

import java.net.InetAddress;
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
}
