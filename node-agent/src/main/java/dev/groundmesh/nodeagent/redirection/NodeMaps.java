package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.ebpf.ListenerKey;
import dev.groundmesh.ebpf.MapName;
import dev.groundmesh.ebpf.NodeConfigRecord;
import dev.groundmesh.ebpf.PodAddressKey;
import dev.groundmesh.ebpf.PodDeviceKey;
import dev.groundmesh.ebpf.PodRecord;
import dev.groundmesh.nodeagent.kernel.KernelClock;
import dev.groundmesh.nodeagent.kernel.KernelException;
import dev.groundmesh.nodeagent.kernel.bpf.BpfMap;
import dev.groundmesh.nodeagent.kernel.bpf.BpfObject;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The maps that the programs of a node share, by what is in them. */
final class NodeMaps implements AutoCloseable {
  private static final byte[] ONLY = Layout.encode(0);
  private static final byte[] PRESENT = {1};

  private final Map<MapName, BpfMap> maps = new EnumMap<>(MapName.class);

  private NodeMaps() {}

  /** Opens the pinned maps. */
  static NodeMaps open(Pins pins) throws KernelException {
    NodeMaps opened = new NodeMaps();
    try {
      for (MapName name : MapName.values()) {
        opened.maps.put(name, open(pins, name));
      }
      return opened;
    } catch (KernelException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** Opens one of them for its own sake. */
  static BpfMap open(Pins pins, MapName name) throws KernelException {
    return BpfMap.open(pins.map(name), keyBytes(name), valueBytes(name));
  }

  private static int keyBytes(MapName name) {
    return switch (name) {
      case NODE_CONFIG, HEARTBEAT, COUNTERS, DNS_SERVERS -> Integer.BYTES;
      case PODS -> Long.BYTES;
      case POD_ADDRESSES -> PodAddressKey.BYTES;
      case NODE_PODS -> Layout.ADDRESS_BYTES;
      case VIRTUAL_INTERFACES -> PodDeviceKey.BYTES;
      case LISTENERS -> ListenerKey.BYTES;
      case EVENTS -> 0;
    };
  }

  private static int valueBytes(MapName name) {
    return switch (name) {
      case NODE_CONFIG -> NodeConfigRecord.BYTES;
      case HEARTBEAT, NODE_PODS, LISTENERS, COUNTERS -> Long.BYTES;
      case PODS -> PodRecord.BYTES;
      case POD_ADDRESSES, VIRTUAL_INTERFACES -> 1;
      case EVENTS, DNS_SERVERS -> 0;
    };
  }

  /** Makes an object use these maps instead of its own. */
  void shareWith(BpfObject object, Set<MapName> names) throws KernelException {
    for (MapName name : names) {
      object.reuse(name.mapName(), map(name));
    }
  }

  NodeConfigRecord config() throws KernelException {
    return config(map(MapName.NODE_CONFIG));
  }

  static NodeConfigRecord config(BpfMap config) throws KernelException {
    return NodeConfigRecord.decode(config.get(ONLY).orElseThrow());
  }

  void putConfig(NodeConfigRecord config) throws KernelException {
    map(MapName.NODE_CONFIG).put(ONLY, config.encode());
  }

  void beat() throws KernelException {
    beat(map(MapName.HEARTBEAT));
  }

  static void beat(BpfMap heartbeat) throws KernelException {
    heartbeat.put(ONLY, Layout.encode(KernelClock.MONOTONIC.nanos()));
  }

  Set<Long> pods() throws KernelException {
    Set<Long> cookies = new HashSet<>();
    for (byte[] key : map(MapName.PODS).keys()) {
      cookies.add(Layout.decodeLong(key));
    }
    return cookies;
  }

  Optional<PodRecord> pod(long netns) throws KernelException {
    return map(MapName.PODS).get(Layout.encode(netns)).map(PodRecord::decode);
  }

  void putPod(long netns, PodRecord pod) throws KernelException {
    map(MapName.PODS).put(Layout.encode(netns), pod.encode());
  }

  void removePod(long netns) throws KernelException {
    map(MapName.PODS).remove(Layout.encode(netns));
  }

  void putListener(ListenerKey key, int socket) throws KernelException {
    map(MapName.LISTENERS).put(key.encode(), Layout.encode((long) socket));
  }

  void removeListener(ListenerKey key) throws KernelException {
    map(MapName.LISTENERS).remove(key.encode());
  }

  /** Makes these the pod's addresses. */
  void putAddresses(long netns, Set<InetAddress> addresses) throws KernelException {
    for (InetAddress address : addresses) {
      map(MapName.POD_ADDRESSES).put(new PodAddressKey(netns, address).encode(), PRESENT);
      if (!address.isLinkLocalAddress()) {
        map(MapName.NODE_PODS).put(Layout.encode(address), Layout.encode(netns));
      }
    }
    for (byte[] key : map(MapName.POD_ADDRESSES).keys()) {
      PodAddressKey old = PodAddressKey.decode(key);
      if (old.netns() == netns && !addresses.contains(old.address())) {
        map(MapName.POD_ADDRESSES).remove(key);
        removeNodePod(netns, old.address());
      }
    }
  }

  /** An address may be another pod's by now. */
  private void removeNodePod(long netns, InetAddress address) throws KernelException {
    byte[] key = Layout.encode(address);
    Optional<byte[]> holder = map(MapName.NODE_PODS).get(key);
    if (holder.isPresent() && Layout.decodeLong(holder.get()) == netns) {
      map(MapName.NODE_PODS).remove(key);
    }
  }

  /** Makes these the pod's virtual interfaces. */
  void putVirtualInterfaces(long netns, Set<Integer> devices) throws KernelException {
    for (int device : devices) {
      map(MapName.VIRTUAL_INTERFACES).put(new PodDeviceKey(netns, device).encode(), PRESENT);
    }
    for (byte[] key : map(MapName.VIRTUAL_INTERFACES).keys()) {
      PodDeviceKey old = PodDeviceKey.decode(key);
      if (old.netns() == netns && !devices.contains(old.index())) {
        map(MapName.VIRTUAL_INTERFACES).remove(key);
      }
    }
  }

  Map<Counter, Long> counters() throws KernelException {
    Map<Counter, Long> values = new EnumMap<>(Counter.class);
    for (Counter counter : Counter.values()) {
      values.put(counter, map(MapName.COUNTERS).sum(Layout.encode(counter.index())));
    }
    return values;
  }

  BpfMap events() {
    return map(MapName.EVENTS);
  }

  @Override
  public void close() {
    maps.values().forEach(BpfMap::close);
  }

  private BpfMap map(MapName name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalStateException(name + ": not open");
    }
    return map;
  }
}
