package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.ebpf.EbpfObject;
import dev.groundmesh.ebpf.Layout;
import dev.groundmesh.ebpf.ListenerKey;
import dev.groundmesh.ebpf.ListenerKind;
import dev.groundmesh.ebpf.MapName;
import dev.groundmesh.ebpf.NodeConfigRecord;
import dev.groundmesh.ebpf.NodeProgram;
import dev.groundmesh.ebpf.PodRecord;
import dev.groundmesh.ebpf.RefusalRecord;
import dev.groundmesh.nodeagent.config.FailMode;
import dev.groundmesh.nodeagent.kernel.FileDescriptors;
import dev.groundmesh.nodeagent.kernel.KernelException;
import dev.groundmesh.nodeagent.kernel.Mounts;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.kernel.Rtnetlink;
import dev.groundmesh.nodeagent.kernel.bpf.BpfLink;
import dev.groundmesh.nodeagent.kernel.bpf.BpfObject;
import dev.groundmesh.nodeagent.kernel.bpf.BpfProgram;
import dev.groundmesh.nodeagent.kernel.bpf.CgroupDirectory;
import dev.groundmesh.nodeagent.kernel.bpf.EventRing;
import dev.groundmesh.nodeagent.kernel.bpf.PodsCgroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The redirection of one node: the programs at the cgroup root, the maps, and the pods that are
 * enrolled in them.
 *
 * <p>All of it is pinned, so it outlives the process: while no agent is alive the programs do as
 * the {@code failMode} says, and the next agent takes everything over without a connection being
 * refused. Agents of several nodes on one machine run side by side, each with a pin directory of
 * its own and from within its node's network namespace.
 *
 * <p>Thread-safe by one lock. Where the kernel refuses what it should never refuse, methods throw
 * {@link UncheckedIOException}. Not to be called from an event loop, but for {@link #heartbeat}:
 * enrolling loads a program (about 1 ms).
 */
public final class NodeRedirection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeRedirection.class);
  private static final Set<MapName> MAPS_OF_PODS =
      EnumSet.complementOf(EnumSet.of(MapName.DNS_SERVERS, MapName.NODE_PODS));

  private final byte[] podObject = EbpfObject.POD.read();
  private final Pins pins;
  private final NodeMaps maps;
  private final NetnsHandle own;
  private final long generation;
  private final boolean tookOver;
  private final Set<InetAddress> addedToLoopback = new HashSet<>();
  private final Map<Long, PodRedirection> enrolled = new HashMap<>();
  private final Set<Long> inherited;
  private final List<RedirectionEvent> drained = new ArrayList<>();
  private final EventRing events;
  private final SignOfLife signOfLife;
  private boolean closed;

  private NodeRedirection(
      Pins pins, NodeMaps maps, NetnsHandle own, long generation, boolean tookOver)
      throws IOException {
    this.pins = pins;
    this.maps = maps;
    this.own = own;
    this.generation = generation;
    this.tookOver = tookOver;
    this.inherited = new HashSet<>(maps.pods());
    this.signOfLife = SignOfLife.open(pins, generation);
    this.events = new EventRing(maps.events(), record -> drained.add(event(record)));
  }

  /**
   * Loads and attaches the programs, or takes over what a predecessor left pinned. The agent counts
   * as alive from now on.
   *
   * @throws IOException if the kernel refuses, with the verifier's words where it was the verifier;
   *     or if what is pinned is another version's that cannot be taken over
   */
  public static NodeRedirection open(RedirectionConfig config) throws IOException {
    Path cgroup =
        Mounts.cgroup2(config.cgroupRoot())
            .orElseThrow(
                () ->
                    new IOException(
                        "cgroupRoot: "
                            + config.cgroupRoot()
                            + " (expected: a mounted cgroup2 hierarchy at or below it)"));
    Mounts.ensureSettingsWritable();
    Mounts.ensureBpffs(config.pinDirectory());
    Pins pins = new Pins(config.pinDirectory());
    boolean tookOver = pins.complete();
    if (!tookOver) {
      pins.removeAll();
    }
    pins.createDirectories();
    NetnsHandle own = NetnsHandle.own();
    @Nullable NodeMaps maps = null;
    try (BpfObject object = BpfObject.open("node", EbpfObject.NODE.read());
        CgroupDirectory root = CgroupDirectory.open(cgroup)) {
      object.setReadOnlyData(Layout.encode(PodsCgroup.id(cgroup)));
      long generation = 1;
      if (tookOver) {
        maps = NodeMaps.open(pins);
        NodeConfigRecord predecessor = maps.config();
        if (predecessor.layout() != Layout.VERSION) {
          throw new IOException(
              config.pinDirectory()
                  + ": maps of layout "
                  + predecessor.layout()
                  + " (expected: "
                  + Layout.VERSION
                  + ", the layout of this agent's version)");
        }
        generation = predecessor.generation() + 1;
        maps.shareWith(object, EnumSet.allOf(MapName.class));
        object.load();
      } else {
        object.load();
        pinMaps(object, pins);
        maps = NodeMaps.open(pins);
      }
      maps.beat();
      maps.putConfig(
          new NodeConfigRecord(
              Layout.VERSION,
              config.failMode() == FailMode.OPEN,
              own.cookie(),
              config.heartbeatTimeout().toNanos(),
              generation));
      attach(object, root, pins);
      NodeRedirection node = new NodeRedirection(pins, maps, own, generation, tookOver);
      node.addProbeAddresses();
      return node;
    } catch (IOException | RuntimeException e) {
      if (maps != null) {
        maps.close();
      }
      own.close();
      if (!tookOver) {
        pins.removeAll();
      }
      throw e;
    }
  }

  /** The configuration last: its pin says that the maps are complete. */
  private static void pinMaps(BpfObject object, Pins pins) throws KernelException {
    for (MapName name : EnumSet.complementOf(EnumSet.of(MapName.NODE_CONFIG))) {
      object.pinMap(name.mapName(), pins.map(name).toString());
    }
    object.pinMap(MapName.NODE_CONFIG.mapName(), pins.map(MapName.NODE_CONFIG).toString());
  }

  private static void attach(BpfObject object, CgroupDirectory root, Pins pins)
      throws KernelException {
    for (NodeProgram name : NodeProgram.values()) {
      BpfProgram program = object.program(name.programName());
      Path pin = pins.link(name);
      if (Files.exists(pin)) {
        program.replace(pin);
      } else {
        try (BpfLink link = program.attach(root)) {
          link.pin(pin);
        }
      }
    }
  }

  private void addProbeAddresses() throws KernelException {
    try (Rtnetlink rtnetlink = Rtnetlink.open(own)) {
      if (rtnetlink.addLoopbackAddress(Layout.PROBE_ADDRESS4) || tookOver) {
        addedToLoopback.add(Layout.PROBE_ADDRESS4);
      }
      try {
        if (rtnetlink.addLoopbackAddress(Layout.PROBE_ADDRESS6) || tookOver) {
          addedToLoopback.add(Layout.PROBE_ADDRESS6);
        }
      } catch (KernelException e) {
        log.info("Health checks over IPv6 are not told from other connections: {}", e.getMessage());
      }
    }
  }

  /** Whether a predecessor's redirection was taken over. */
  public boolean tookOver() {
    return tookOver;
  }

  /**
   * The cookies of the pods that a predecessor enrolled and this agent has not enrolled again or
   * released. They stay captured, for the predecessor's listeners while it lives, and then as the
   * fail mode says.
   */
  public synchronized Set<Long> inherited() {
    return Set.copyOf(inherited);
  }

  /** Captures no further connection of an {@linkplain #inherited() inherited} pod. */
  public synchronized void releaseInherited(long netnsCookie) {
    unchecked(
        () -> {
          if (isOwner() && inherited.remove(netnsCookie)) {
            forget(netnsCookie);
          }
        });
  }

  /**
   * Enrols a pod: from the return on, its new connections come to the listeners; open ones are left
   * alone. A pod that is enrolled already gets these settings and listeners instead of its former
   * ones, with no moment in between that refuses or loses a connection.
   *
   * @param netns the pod's namespace; stays the caller's, open at least until the pod is released
   * @param listeners of each kind one for each family that {@code wanted} has addresses of; of the
   *     DNS kinds only where DNS is captured. Over a family that only the pod's devices have
   *     addresses of, and no listener, connections are refused in both directions ({@link
   *     PodCapture#withAddressesIn} finds those beforehand)
   * @throws IOException if it cannot be enrolled; then nothing of it remains in force, unless it
   *     was enrolled before
   * @throws IllegalArgumentException if a listener is missing or not bound to loopback
   */
  public synchronized PodRedirection enrol(
      NetnsHandle netns, PodCapture wanted, Collection<PodListener> listeners) throws IOException {
    if (!isOwner()) {
      throw new IllegalStateException(
          "enrol: a successor has taken over (expected: no more calls)");
    }
    long cookie = netns.cookie();
    PodCapture capture = wanted.withAddressesIn(netns);
    Map<ListenerKey, PodListener> byKey = new HashMap<>();
    Map<ListenerKind, Integer> ports4 = new EnumMap<>(ListenerKind.class);
    Map<ListenerKind, Integer> ports6 = new EnumMap<>(ListenerKind.class);
    for (PodListener listener : listeners) {
      InetSocketAddress bound = FileDescriptors.localAddress(listener.fd());
      if (!bound.getAddress().isLoopbackAddress()) {
        throw new IllegalArgumentException(
            "listener " + listener.kind() + ": " + bound + " (expected: bound to loopback)");
      }
      boolean ipv6 = bound.getAddress().getAddress().length == 16;
      byKey.put(new ListenerKey(cookie, listener.kind(), ipv6), listener);
      (ipv6 ? ports6 : ports4).put(listener.kind(), bound.getPort());
    }
    requireListeners("IPv4", wanted.ipv4(), capture.dnsCapture(), ports4.keySet());
    requireListeners("IPv6", wanted.ipv6(), capture.dnsCapture(), ports6.keySet());

    @Nullable PodRedirection former = enrolled.get(cookie);
    boolean known = former != null || inherited.contains(cookie);
    int changedSettings = maps.pod(cookie).map(PodRecord::changedSettings).orElse(0);
    try {
      changedSettings |= PodRoutes.install(netns, capture);
      Set<Integer> devices = devices(netns, capture);
      if (former == null) {
        load(netns);
      }
      for (Map.Entry<ListenerKey, PodListener> listener : byKey.entrySet()) {
        if (listener.getKey().kind() != ListenerKind.DNS_UDP) {
          maps.putListener(listener.getKey(), listener.getValue().fd());
        }
      }
      maps.putVirtualInterfaces(cookie, devices);
      maps.putAddresses(cookie, capture.addresses());
      // Last: from here on the pod's connections are marked, and everything that they then need is
      // there.
      maps.putPod(
          cookie,
          new PodRecord(
              capture.dnsCapture(),
              capture.bypassInboundCapture(),
              false,
              changedSettings,
              capture.ipv4(),
              capture.ipv6(),
              ports4,
              ports6));
    } catch (IOException | RuntimeException e) {
      if (!known) {
        undo(netns, capture, changedSettings, e);
      }
      throw e;
    }
    if (former != null) {
      List<String> gone = new ArrayList<>(former.capture().virtualInterfaces());
      gone.removeAll(capture.virtualInterfaces());
      PodRoutes.removeDevices(netns, former.capture(), gone);
    }
    PodRedirection pod = new PodRedirection(this, netns, capture, changedSettings);
    enrolled.put(cookie, pod);
    inherited.remove(cookie);
    return pod;
  }

  private static void requireListeners(
      String family, boolean captured, boolean dns, Set<ListenerKind> kinds) {
    if (!captured) {
      return;
    }
    Set<ListenerKind> required = EnumSet.allOf(ListenerKind.class);
    if (!dns) {
      required.removeAll(EnumSet.of(ListenerKind.DNS_TCP, ListenerKind.DNS_UDP));
    }
    if (!kinds.containsAll(required)) {
      throw new IllegalArgumentException(
          "listeners over " + family + ": " + kinds + " (expected: " + required + ")");
    }
  }

  private static Set<Integer> devices(NetnsHandle netns, PodCapture capture) throws IOException {
    Set<Integer> indexes = new HashSet<>();
    for (String name : capture.virtualInterfaces()) {
      netns.deviceIndex(name).ifPresent(indexes::add);
    }
    return indexes;
  }

  /** Attaches this version's program to the pod's namespace, in the place of a predecessor's. */
  private void load(NetnsHandle netns) throws IOException {
    Path pin = pins.pod(netns.cookie());
    try (BpfObject object = BpfObject.open("pod", podObject)) {
      maps.shareWith(object, MAPS_OF_PODS);
      object.setReadOnlyData(Layout.encode(netns.cookie()));
      object.load();
      BpfProgram program = object.program(EbpfObject.POD_PROGRAM);
      if (Files.exists(pin)) {
        program.replace(pin);
      } else {
        try (BpfLink link = program.attach(netns)) {
          link.pin(pin);
        }
      }
    }
  }

  private void undo(NetnsHandle netns, PodCapture capture, int changedSettings, Exception cause) {
    try {
      forget(netns.cookie());
      PodRoutes.remove(netns, capture, changedSettings);
    } catch (IOException | RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  synchronized void release(PodRedirection pod) {
    unchecked(
        () -> {
          if (isOwner() && enrolled.remove(pod.netnsCookie()) != null) {
            Optional<PodRecord> captured = maps.pod(pod.netnsCookie());
            if (captured.isPresent()) {
              maps.putPod(pod.netnsCookie(), captured.get().left());
            }
          }
        });
  }

  synchronized void remove(PodRedirection pod) {
    unchecked(
        () -> {
          if (isOwner() && !enrolled.containsKey(pod.netnsCookie())) {
            forget(pod.netnsCookie());
            if (!pod.netnsGone()) {
              PodRoutes.remove(pod.netns(), pod.capture(), pod.changedSettings());
            }
          }
        });
  }

  /** Enrolment backwards: first no connection is marked any more. */
  private void forget(long cookie) throws IOException {
    maps.removePod(cookie);
    Files.deleteIfExists(pins.pod(cookie));
    for (ListenerKind kind : ListenerKind.values()) {
      maps.removeListener(new ListenerKey(cookie, kind, false));
      maps.removeListener(new ListenerKey(cookie, kind, true));
    }
    maps.putVirtualInterfaces(cookie, Set.of());
    maps.putAddresses(cookie, Set.of());
  }

  /**
   * Says that the agent is alive and able to serve. Called about once a second, and only when every
   * event loop has turned since the last time. Does nothing after a successor has taken over. Takes
   * no lock and never blocks, so an event loop may call it, whatever goes on here meanwhile.
   */
  public void heartbeat() {
    unchecked(signOfLife::beat);
  }

  /**
   * Hands over what the programs have refused since the last call; never blocks. To be called about
   * once a second; what does not fit meanwhile is counted as {@link Counter#EVENTS_LOST}.
   *
   * @return how many there were
   */
  public int drainEvents(Consumer<? super RedirectionEvent> consumer) {
    List<RedirectionEvent> all;
    synchronized (this) {
      unchecked(
          () -> {
            if (isOwner()) {
              events.drain();
            }
          });
      all = List.copyOf(drained);
      drained.clear();
    }
    all.forEach(consumer);
    return all.size();
  }

  private static RedirectionEvent event(byte[] record) {
    RefusalRecord refusal = RefusalRecord.decode(record);
    return new RedirectionEvent(
        Duration.ofNanos(refusal.atNanos()),
        refusal.netns(),
        new InetSocketAddress(refusal.remote(), refusal.remotePort()),
        refusal.refusal());
  }

  /** The sums over all processors, since the programs were first loaded on this node. */
  public synchronized Map<Counter, Long> counters() {
    Map<Counter, Long> counters = new EnumMap<>(Counter.class);
    unchecked(
        () -> {
          if (!closed) {
            counters.putAll(maps.counters());
          }
        });
    return counters;
  }

  /**
   * Whether a successor has taken over: then this agent drains, and can enrol and release no more.
   */
  public synchronized boolean handedOver() {
    boolean[] owner = {true};
    unchecked(() -> owner[0] = closed || isOwner());
    return !owner[0];
  }

  /** Lets go of everything and leaves it in force for the next agent. */
  public synchronized void leaveInForce() {
    if (!closed) {
      closed = true;
      signOfLife.close();
      events.close();
      maps.close();
      own.close();
    }
  }

  /**
   * Releases every pod and removes all that was installed on the node and in the pods' namespaces,
   * unless a successor has taken over: then as {@link #leaveInForce()}.
   */
  @Override
  public synchronized void close() {
    try {
      unchecked(this::removeAll);
    } finally {
      leaveInForce();
    }
  }

  private void removeAll() throws IOException {
    if (!isOwner()) {
      return;
    }
    for (PodRedirection pod : List.copyOf(enrolled.values())) {
      release(pod);
      remove(pod);
    }
    pins.removeAll();
    try (Rtnetlink rtnetlink = Rtnetlink.open(own)) {
      for (InetAddress address : addedToLoopback) {
        rtnetlink.removeLoopbackAddress(address);
      }
    }
  }

  private boolean isOwner() throws KernelException {
    return !closed && maps.config().generation() == generation;
  }

  private interface KernelCall {
    void run() throws IOException;
  }

  private static void unchecked(KernelCall call) {
    try {
      call.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
