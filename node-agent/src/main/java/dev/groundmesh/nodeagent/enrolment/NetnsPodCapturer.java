package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.ebpf.ListenerKind;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.connection.Connections;
import dev.groundmesh.nodeagent.inbound.TunnelServer;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.listener.PodListeners;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.pod.LocalPods;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.nodeagent.redirection.ForeignRedirection;
import dev.groundmesh.nodeagent.redirection.NodeRedirection;
import dev.groundmesh.nodeagent.redirection.PodCapture;
import dev.groundmesh.nodeagent.redirection.PodListener;
import dev.groundmesh.nodeagent.redirection.PodRedirection;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures pods by the redirection of the node, with listeners in the pods' own namespaces. */
public final class NetnsPodCapturer implements PodCapturer {
  private static final Logger log = LoggerFactory.getLogger(NetnsPodCapturer.class);

  private static final IpAddress LOOPBACK_V4 = IpAddress.parse("127.0.0.1");
  private static final IpAddress LOOPBACK_V6 = IpAddress.parse("::1");

  /** Makes what serves one pod. */
  public interface Flows {
    /** For the connections that it opens. */
    SocketAcceptor outbound(LocalPod pod);

    /** For the connections to it without a tunnel. */
    SocketAcceptor plaintext(LocalPod pod);

    /** For the tunnels to it. */
    TunnelServer tunnels(LocalPod pod);

    /** The pod is gone: nothing of it may be kept for later. */
    void gone(LocalPod pod);
  }

  /** Serves the DNS of one pod. */
  public interface Dns {
    /**
     * Opens the sockets of a pod.
     *
     * @throws IOException if one cannot be opened; then none is left open
     */
    PodDns open(LocalPod pod, NetnsHandle netns, List<InetAddress> loopbacks) throws IOException;
  }

  /** The DNS sockets of one pod. */
  public interface PodDns extends AutoCloseable {
    /** For the redirection. */
    List<PodListener> descriptors();

    @Override
    void close();
  }

  private final AgentConfig config;
  private final PodRuntime runtime;
  private final Supplier<NodeRedirection> redirection;
  private final List<IoEventLoop> loops;
  private final LocalPods pods;
  private final Connections connections;
  private final Flows flows;
  private final Dns dns;

  /**
   * Publishes what is captured in {@code pods}.
   *
   * @param redirection the node's at the moment
   */
  public NetnsPodCapturer(
      AgentConfig config,
      PodRuntime runtime,
      Supplier<NodeRedirection> redirection,
      List<IoEventLoop> loops,
      LocalPods pods,
      Connections connections,
      Flows flows,
      Dns dns) {
    this.config = config;
    this.runtime = runtime;
    this.redirection = redirection;
    this.loops = List.copyOf(loops);
    this.pods = pods;
    this.connections = connections;
    this.flows = flows;
    this.dns = dns;
  }

  @Override
  public CapturedPod capture(PodEnrolment enrolment, @Nullable Path announced) throws IOException {
    Capture capture = new Capture(enrolment, runtime.netnsOf(enrolment, announced));
    boolean done = false;
    try {
      capture.open();
      done = true;
      return capture;
    } finally {
      if (!done) {
        capture.closeAll();
        flows.gone(capture.pod);
      }
    }
  }

  @Override
  public void releaseInherited() {
    for (long cookie : redirection.get().inherited()) {
      log.info("pod of the former agent released netnsCookie={}", cookie);
      redirection.get().releaseInherited(cookie);
    }
  }

  private final class Capture implements CapturedPod {
    private final NetnsHandle netns;
    private final LocalPod pod;
    private final TunnelServer tunnels;
    private @Nullable PodListeners listeners;
    private @Nullable PodDns podDns;
    private @Nullable PodRedirection redirected;

    Capture(PodEnrolment enrolment, NetnsHandle netns) {
      this.netns = netns;
      this.pod =
          new LocalPod(
              enrolment,
              new PodSockets(netns, config.connections()),
              config.connections().maxConnectionsPerPod());
      this.tunnels = flows.tunnels(pod);
    }

    private void open() throws IOException {
      requireNoOtherMesh();
      PodEnrolment enrolment = pod.enrolment();
      boolean captureDns = capturesDns(enrolment);
      PodCapture wanted =
          new PodCapture(
                  enrolment.addresses().stream()
                      .map(IpAddress::toInetAddress)
                      .collect(Collectors.toSet()),
                  captureDns,
                  enrolment.bypassInboundCapture(),
                  enrolment.rerouteVirtualInterfaces())
              .withAddressesIn(netns);
      List<InetAddress> loopbacks = loopbacksFor(wanted);
      Map<ListenerKind, SocketAcceptor> acceptors = new EnumMap<>(ListenerKind.class);
      acceptors.put(ListenerKind.OUTBOUND, flows.outbound(pod));
      acceptors.put(ListenerKind.INBOUND_PLAINTEXT, flows.plaintext(pod));
      acceptors.put(ListenerKind.INBOUND_HBONE, tunnels);
      PodListeners opened = PodListeners.open(pod.sockets(), loopbacks, loops, acceptors);
      listeners = opened;
      List<PodListener> descriptors = new ArrayList<>(opened.descriptors());
      if (captureDns) {
        PodDns answering = dns.open(pod, netns, loopbacks);
        podDns = answering;
        descriptors.addAll(answering.descriptors());
      }
      pods.add(pod);
      redirected = redirection.get().enrol(netns, wanted, descriptors);
    }

    private void requireNoOtherMesh() throws IOException {
      Optional<String> foreign = ForeignRedirection.in(netns);
      if (foreign.isPresent()) {
        throw new IOException(
            "packet filter: chain "
                + foreign.get()
                + " (expected: none of Istio's, which takes the pod's connections away from the mesh;"
                + " restart the pod)");
      }
    }

    private boolean capturesDns(PodEnrolment enrolment) {
      return switch (enrolment.dnsCapture()) {
        case ON -> true;
        case OFF -> false;
        case DEFAULT -> config.dnsCapture();
      };
    }

    @Override
    public long netns() {
      return netns.inode();
    }

    @Override
    public boolean present() {
      return !netns.gone();
    }

    @Override
    public void release() {
      pods.remove(pod);
      if (redirected != null) {
        redirected.release();
      }
    }

    @Override
    public void retire() {
      closeListeners();
      tunnels.drain();
    }

    @Override
    public boolean idle() {
      return pod.connections() == 0 && tunnels.tunnels() == 0;
    }

    @Override
    public void tearDown() {
      connections.cutPod(pod, ReasonCode.POD_RELEASED);
      tunnels.close(ReasonCode.POD_RELEASED);
      flows.gone(pod);
      if (redirected != null) {
        redirected.remove();
      }
      closeAll();
    }

    private void closeListeners() {
      if (listeners != null) {
        listeners.close();
      }
      if (podDns != null) {
        podDns.close();
      }
    }

    private void closeAll() {
      pods.remove(pod);
      closeListeners();
      netns.close();
    }
  }

  private static List<InetAddress> loopbacksFor(PodCapture capture) {
    List<InetAddress> loopbacks = new ArrayList<>(2);
    if (capture.ipv4()) {
      loopbacks.add(LOOPBACK_V4.toInetAddress());
    }
    if (capture.ipv6()) {
      loopbacks.add(LOOPBACK_V6.toInetAddress());
    }
    return loopbacks;
  }
}
