package dev.groundmesh.nodeagent.dns;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses a name has for a pod, by the snapshot in force. Names are tried in the order of
 * {@link NameCandidates}; each as a Service, as a pod of a headless Service (a StatefulSet's {@code
 * db-0.db}), then as ever wider wildcard Services.
 */
final class NameTable {
  private final Supplier<MeshSnapshot> snapshots;
  private final NameCandidates candidates;
  private final @Nullable String preferredNamespace;
  private final boolean ipv6;
  private final Random shuffling;

  /**
   * For one agent.
   *
   * @param preferredNamespace whose Services win among those that are neither of the client's
   *     namespace nor of Kubernetes; null for none
   * @param ipv6 false to give no AAAA records
   */
  NameTable(
      Supplier<MeshSnapshot> snapshots,
      NameCandidates candidates,
      @Nullable String preferredNamespace,
      boolean ipv6,
      RandomGenerator random) {
    this.snapshots = snapshots;
    this.candidates = candidates;
    this.preferredNamespace = preferredNamespace;
    this.ipv6 = ipv6;
    this.shuffling = Random.from(random);
  }

  /**
   * Answers a question of the pod with this workload.
   *
   * @param name lower case, without the last dot
   * @param type {@link DnsQuery#TYPE_A} or {@link DnsQuery#TYPE_AAAA}
   */
  DnsAnswer resolve(String workloadUid, String name, int type) {
    MeshSnapshot snapshot = snapshots.get();
    Workload client = snapshot.workload(workloadUid);
    if (client == null || name.isEmpty()) {
      return DnsAnswer.Forward.INSTANCE;
    }
    for (NameCandidates.Candidate candidate : candidates.of(name, client.namespace())) {
      Service service = service(snapshot, candidate.name(), client);
      if (service != null) {
        return known(client, addressesOf(snapshot, service, client, type), candidate.stripped());
      }
      List<Workload> pods = podsNamed(snapshot, candidate.name(), client);
      if (!pods.isEmpty()) {
        return known(client, addressesOf(pods, type), candidate.stripped());
      }
      for (int dot = candidate.name().indexOf('.');
          dot >= 0;
          dot = candidate.name().indexOf('.', dot + 1)) {
        Service wildcard = service(snapshot, "*" + candidate.name().substring(dot), client);
        if (wildcard != null) {
          return known(client, addressesOf(snapshot, wildcard, client, type), "");
        }
      }
    }
    return DnsAnswer.Forward.INSTANCE;
  }

  /**
   * A Service that has addresses of its own, or takes its endpoints' because Kubernetes calls it
   * headless.
   */
  private @Nullable Service service(MeshSnapshot snapshot, String hostname, Workload client) {
    Service service = snapshot.serviceByHostname(hostname, client.namespace(), preferredNamespace);
    return service == null || (service.vips().isEmpty() && !candidates.isClusterService(hostname))
        ? null
        : service;
  }

  /** The pods that a headless Service gives the host name whose first label is the pod's name. */
  private List<Workload> podsNamed(MeshSnapshot snapshot, String hostname, Workload client) {
    int dot = hostname.indexOf('.');
    if (dot <= 0 || !candidates.isClusterService(hostname)) {
      return List.of();
    }
    Service service = service(snapshot, hostname.substring(dot + 1), client);
    if (service == null || !service.isHeadless()) {
      return List.of();
    }
    String podName = hostname.substring(0, dot);
    return snapshot.endpoints(service.key()).usable().stream()
        .filter(workload -> workload.name().equals(podName))
        .toList();
  }

  private List<InetAddress> addressesOf(
      MeshSnapshot snapshot, Service service, Workload client, int type) {
    if (!serves(service.ipFamilies(), type)) {
      return List.of();
    }
    if (service.isHeadless()) {
      NamespacedHostname key = service.key();
      return addressesOf(snapshot.endpoints(key).usable(), type);
    }
    List<InetAddress> addresses = new ArrayList<>();
    for (NetworkAddress vip : service.vips()) {
      if (vip.network().equals(client.network()) && isOfType(vip.address(), type)) {
        addresses.add(toInetAddress(vip.address()));
      }
    }
    return addresses;
  }

  private List<InetAddress> addressesOf(List<Workload> workloads, int type) {
    List<InetAddress> addresses = new ArrayList<>();
    for (Workload workload : workloads) {
      for (IpAddress address : workload.addresses()) {
        if (isOfType(address, type)) {
          addresses.add(toInetAddress(address));
          break;
        }
      }
    }
    return addresses;
  }

  /** A client without an IPv6 address is given none: it would try what leads nowhere first. */
  private DnsAnswer known(Workload client, List<InetAddress> addresses, String stripped) {
    List<InetAddress> shuffled = new ArrayList<>(addresses);
    if (client.addresses().stream().allMatch(IpAddress::isV4)) {
      shuffled.removeIf(Inet6Address.class::isInstance);
    }
    Collections.shuffle(shuffled, shuffling);
    return new DnsAnswer.Known(shuffled, stripped);
  }

  private boolean isOfType(IpAddress address, int type) {
    return switch (address) {
      case IpAddress.V4 v4 -> type == DnsQuery.TYPE_A;
      case IpAddress.V6 v6 -> type == DnsQuery.TYPE_AAAA && ipv6;
    };
  }

  /**
   * Pods behind a single-family headless Service may have addresses of both families; only its own
   * count.
   */
  private static boolean serves(IpFamilies families, int type) {
    return switch (families) {
      case AUTOMATIC, DUAL -> true;
      case IPV4_ONLY -> type == DnsQuery.TYPE_A;
      case IPV6_ONLY -> type == DnsQuery.TYPE_AAAA;
    };
  }

  private static InetAddress toInetAddress(IpAddress address) {
    try {
      return InetAddress.getByAddress(address.toBytes());
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are always an address", e);
    }
  }
}
