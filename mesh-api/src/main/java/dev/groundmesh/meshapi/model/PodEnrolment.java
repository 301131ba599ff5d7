package dev.groundmesh.meshapi.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a node agent must capture a pod of its node, and how.
 *
 * @param workloadUid the uid of the pod's {@link Workload}; identifies the enrolment
 * @param runtimeId what the node's runtime interface finds the pod's network namespace by
 * @param addresses every address of the pod that the controller knows; none while it is being born
 * @param bypassInboundCapture whether connections to the pod are left alone
 * @param rerouteVirtualInterfaces devices of the pod whose arriving traffic counts as outbound
 * @param enrolled whether the pod is in the mesh; if not, nothing of it is captured
 */
public record PodEnrolment(
    String workloadUid,
    String namespace,
    String name,
    String serviceAccount,
    String runtimeId,
    List<IpAddress> addresses,
    boolean bypassInboundCapture,
    DnsCapture dnsCapture,
    List<String> rerouteVirtualInterfaces,
    boolean enrolled) {

  /** Whether the pod's DNS queries are answered by the agent. */
  public enum DnsCapture {
    /** As the agent's own setting says. */
    DEFAULT,
    ON,
    OFF
  }

  public PodEnrolment {
    requireText("workloadUid", workloadUid);
    requireText("namespace", namespace);
    requireText("name", name);
    requireText("serviceAccount", serviceAccount);
    requireText("runtimeId", runtimeId);
    addresses = List.copyOf(addresses);
    rerouteVirtualInterfaces = List.copyOf(rerouteVirtualInterfaces);
  }

  /** The same, but not in the mesh. */
  public PodEnrolment outOfTheMesh() {
    return new PodEnrolment(
        workloadUid,
        namespace,
        name,
        serviceAccount,
        runtimeId,
        addresses,
        bypassInboundCapture,
        dnsCapture,
        rerouteVirtualInterfaces,
        false);
  }

  /** The same but for the addresses. */
  public PodEnrolment withAddresses(List<IpAddress> others) {
    return new PodEnrolment(
        workloadUid,
        namespace,
        name,
        serviceAccount,
        runtimeId,
        others,
        bypassInboundCapture,
        dnsCapture,
        rerouteVirtualInterfaces,
        enrolled);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PodEnrolment enrolment
        && enrolled == enrolment.enrolled
        && bypassInboundCapture == enrolment.bypassInboundCapture
        && dnsCapture == enrolment.dnsCapture
        && workloadUid.equals(enrolment.workloadUid)
        && namespace.equals(enrolment.namespace)
        && name.equals(enrolment.name)
        && serviceAccount.equals(enrolment.serviceAccount)
        && runtimeId.equals(enrolment.runtimeId)
        && addresses.equals(enrolment.addresses)
        && rerouteVirtualInterfaces.equals(enrolment.rerouteVirtualInterfaces);
  }

  @Override
  public int hashCode() {
    return workloadUid.hashCode();
  }

  private static void requireText(String name, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(name + ": (empty) (expected: a value)");
    }
  }
}
