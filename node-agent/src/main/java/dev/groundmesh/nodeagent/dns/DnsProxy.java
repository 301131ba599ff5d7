package dev.groundmesh.nodeagent.dns;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.socket.DatagramChannel;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the DNS servers of all pods share. For any thread; each server it makes is confined to its
 * pod's event loop.
 */
public final class DnsProxy {
  private final NameTable names;
  private final DnsForwarder forwarder;
  private final DnsEvents events;

  /**
   * For one agent.
   *
   * @param snapshots the snapshot in force
   * @param upstream who answers what the mesh does not know
   * @param clusterDomain such as {@code cluster.local}
   * @param preferredNamespace see {@link MeshSnapshot#serviceByHostname}; null for none
   * @param ipv6 false to give no AAAA records
   * @param random for shuffled answers and for transaction ids: a secure one
   */
  public DnsProxy(
      Supplier<MeshSnapshot> snapshots,
      ResolverConfig upstream,
      String clusterDomain,
      @Nullable String preferredNamespace,
      boolean ipv6,
      RandomGenerator random,
      DnsEvents events) {
    this.names =
        new NameTable(
            snapshots,
            new NameCandidates(clusterDomain, upstream.searchDomains()),
            preferredNamespace,
            ipv6,
            random);
    this.forwarder = new DnsForwarder(upstream.servers(), random);
    this.events = events;
  }

  /**
   * The server of one pod.
   *
   * @param udpSockets makes sockets in the pod's network namespace, for queries that go upstream
   * @param tcpSockets likewise
   */
  public PodDns serve(
      String workloadUid,
      ChannelFactory<? extends DatagramChannel> udpSockets,
      ChannelFactory<? extends Channel> tcpSockets) {
    return new PodDns(workloadUid, names, forwarder, udpSockets, tcpSockets, events);
  }
}
