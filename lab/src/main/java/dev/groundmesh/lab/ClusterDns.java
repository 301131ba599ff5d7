package dev.groundmesh.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's DNS, as CoreDNS with a node-local cache would appear to pods: A and AAAA over UDP
 * for {@code <service>.<namespace>.svc.cluster.local}. Everything else does not exist.
 */
public final class ClusterDns implements AutoCloseable {
  private static final int PORT = 53;
  private static final int TYPE_A = 1;
  private static final int TYPE_AAAA = 28;
  private static final int FLAGS_ANSWER = 0x8580;
  private static final int NXDOMAIN = 3;
  private static final int TTL_SECONDS = 5;
  private static final int HEADER = 12;

  private final Lab lab;
  private final List<DatagramChannel> channels = new ArrayList<>();
  private final List<String> queries = new CopyOnWriteArrayList<>();

  ClusterDns(Lab lab) {
    this.lab = lab;
  }

  /**
   * Every name that was asked for, in order, with its type: {@code web.shop.svc.cluster.local A}.
   */
  public List<String> queries() {
    return List.copyOf(queries);
  }

  void serve(Node node) {
    node.ip(List.of("addr add " + Addresses.DNS4 + "/32 dev lo"));
    try {
      writeResolvConf(node, "svc.cluster.local cluster.local");
      DatagramChannel channel = node.inside(DatagramChannel::open);
      channels.add(channel);
      channel.bind(new InetSocketAddress(Addresses.DNS4, PORT));
      Thread.ofPlatform().daemon().name("dns-" + node.name()).start(() -> answerAll(channel));
    } catch (Exception e) {
      throw new IllegalStateException(node + ": DNS cannot be served", e);
    }
  }

  void configure(Pod pod) {
    writeResolvConf(pod, pod.namespace() + ".svc.cluster.local svc.cluster.local cluster.local");
  }

  private static void writeResolvConf(Host host, String search) {
    try {
      Files.writeString(
          host.resolvConf(),
          "search " + search + "\nnameserver " + Addresses.DNS4 + "\noptions ndots:5\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answerAll(DatagramChannel channel) {
    ByteBuffer packet = ByteBuffer.allocate(4096);
    while (true) {
      try {
        packet.clear();
        var client = channel.receive(packet);
        packet.flip();
        ByteBuffer answer = answer(packet);
        if (answer != null) {
          channel.send(answer, client);
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private @Nullable ByteBuffer answer(ByteBuffer query) {
    if (query.remaining() < HEADER || query.getShort(4) != 1) {
      return null;
    }
    var name = new StringBuilder();
    int at = HEADER;
    while (at < query.limit() && query.get(at) != 0) {
      int length = query.get(at) & 0xff;
      if (length > 63 || at + 1 + length >= query.limit()) {
        return null;
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      byte[] label = new byte[length];
      query.get(at + 1, label);
      name.append(new String(label, StandardCharsets.US_ASCII));
      at += 1 + length;
    }
    if (at + 5 > query.limit()) {
      return null;
    }
    int type = query.getShort(at + 1);
    int questionEnd = at + 5;
    String asked = name.toString().toLowerCase(Locale.ROOT);
    queries.add(asked + " " + (type == TYPE_A ? "A" : type == TYPE_AAAA ? "AAAA" : "TYPE" + type));
    List<InetAddress> known = lookup(asked);
    List<InetAddress> records =
        known.stream()
            .filter(
                address ->
                    type == TYPE_A
                        ? address instanceof Inet4Address
                        : type == TYPE_AAAA && address instanceof Inet6Address)
            .toList();
    ByteBuffer answer = ByteBuffer.allocate(questionEnd + records.size() * 28);
    answer.putShort(query.getShort(0));
    answer.putShort((short) (known.isEmpty() ? FLAGS_ANSWER | NXDOMAIN : FLAGS_ANSWER));
    answer.putShort((short) 1).putShort((short) records.size()).putInt(0);
    answer.put(query.slice(HEADER, questionEnd - HEADER));
    for (InetAddress record : records) {
      byte[] bytes = record.getAddress();
      answer.putShort((short) (0xc000 | HEADER)).putShort((short) type).putShort((short) 1);
      answer.putInt(TTL_SECONDS).putShort((short) bytes.length).put(bytes);
    }
    return answer.flip();
  }

  private List<InetAddress> lookup(String name) {
    for (KubeService service : lab.services()) {
      if (service.hostname().equals(name)) {
        return service.clusterIps().stream().map(Addresses::parse).toList();
      }
    }
    return List.of();
  }

  @Override
  public void close() {
    for (DatagramChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
