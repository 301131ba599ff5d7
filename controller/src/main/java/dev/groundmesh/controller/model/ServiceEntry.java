package dev.groundmesh.controller.model;

import java.util.List;
import java.util.Map;

/**
 * A service outside the cluster, or one that Kubernetes does not know of.
 *
 * @param addresses IP addresses or ranges
 * @param workloadSelector of pods and workload entries; empty: none
 * @param assignedAddresses automatic addresses of its status, by host
 */
public record ServiceEntry(
    Metadata metadata,
    List<String> hosts,
    List<String> addresses,
    List<Port> ports,
    Resolution resolution,
    List<Endpoint> endpoints,
    LabelSelector workloadSelector,
    List<String> subjectAltNames,
    Map<String, List<String>> assignedAddresses)
    implements MeshObject {

  private static final String AUTO_ALLOCATE = "networking.istio.io/enable-autoallocate-ip";

  public ServiceEntry {
    hosts = List.copyOf(hosts);
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
    endpoints = List.copyOf(endpoints);
    subjectAltNames = List.copyOf(subjectAltNames);
    assignedAddresses = Map.copyOf(assignedAddresses);
  }

  @Override
  public Kind kind() {
    return Kind.SERVICE_ENTRY;
  }

  /**
   * Whether a host is to have an automatic address: it has none of its own, and something to be
   * reached at by one.
   */
  public boolean takesAutoAddress(String host) {
    return hosts.contains(host)
        && addresses.isEmpty()
        && resolution != Resolution.NONE
        && !"false".equalsIgnoreCase(metadata.label(AUTO_ALLOCATE))
        && (!host.startsWith("*") || resolution == Resolution.DYNAMIC_DNS);
  }

  /** How a host's endpoints are found. */
  public enum Resolution {
    NONE,
    STATIC,
    DNS,
    DNS_ROUND_ROBIN,
    DYNAMIC_DNS;

    /** Whether the host itself is an endpoint when none is given. */
    public boolean resolvesHost() {
      return this == DNS || this == DNS_ROUND_ROBIN || this == DYNAMIC_DNS;
    }
  }

  /**
   * A port.
   *
   * @param targetPort 0: the port itself
   */
  public record Port(String name, String protocol, int number, int targetPort) {}

  /** An endpoint written into the entry, with its own labels. */
  public record Endpoint(Map<String, String> labels, WorkloadAddress at) {

    public Endpoint {
      labels = Map.copyOf(labels);
    }
  }
}
