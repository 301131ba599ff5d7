package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.ApplicationTunnel.Protocol;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.tunnel.proxyprotocol.ProxyHeader;
import dev.groundmesh.tunnel.relay.ConnectListener;
import dev.groundmesh.tunnel.relay.SocketStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the application of a pod of this node, which sees the client's own address as its
 * peer, or a PROXY header where it asks for one. Used on the event loop that it was made on.
 */
public final class ApplicationConnector implements ConnectListener {
  private static final int ATTEMPTS = 16;

  /** Hears the outcome, once. */
  public interface Listener {
    /**
     * The application has accepted; nothing was written but the PROXY header, where there is one.
     */
    void onApplicationConnected(SocketStream application);

    /** It has not. */
    void onApplicationFailed(ReasonCode reason, String detail);
  }

  /**
   * A connection to be handed to an application.
   *
   * @param source who opened it
   * @param target the address that was asked for, where it is not the pod's own a PROXY header
   *     tells of it
   * @param podAddress the pod's own address
   * @param deliver where in the pod
   * @param peer the client's proven identity; null without
   */
  public record Request(
      InetSocketAddress source,
      InetSocketAddress target,
      InetAddress podAddress,
      Deliver deliver,
      @Nullable SpiffeId peer) {}

  private final AgentConfig config;
  private final LoopState loop;
  private final LocalPod pod;
  private final Request request;
  private final Listener listener;
  private final boolean proxyHeader;
  private final InetSocketAddress destination;
  private final boolean preserveSource;
  private int attempts;

  private ApplicationConnector(
      AgentConfig config, LoopState loop, LocalPod pod, Request request, Listener listener) {
    this.config = config;
    this.loop = loop;
    this.pod = pod;
    this.request = request;
    this.listener = listener;
    ApplicationTunnel tunnel = request.deliver.applicationTunnel();
    this.proxyHeader = tunnel != null && tunnel.protocol() == Protocol.PROXY;
    boolean overLoopback = proxyHeader && config.localhostAppTunnel();
    this.destination =
        new InetSocketAddress(
            overLoopback ? loopbackLike(request.podAddress) : request.podAddress,
            request.deliver.port());
    InetAddress source = request.source.getAddress();
    this.preserveSource =
        config.preserveSource()
            && !overLoopback
            && !source.equals(request.podAddress)
            && source instanceof Inet4Address == request.podAddress instanceof Inet4Address;
  }

  /** Starts connecting; the listener may be told before this returns. */
  public static void connect(
      AgentConfig config, LoopState loop, LocalPod pod, Request request, Listener listener) {
    new ApplicationConnector(config, loop, pod, request, listener).attempt();
  }

  private void attempt() {
    attempts++;
    Socket socket;
    try {
      socket =
          preserveSource
              ? pod.sockets().toApplication(request.source.getAddress(), loop.random())
              : pod.sockets().outbound(destination);
    } catch (IOException e) {
      fail(e);
      return;
    }
    SocketStream.connect(
        loop.loop(), socket, destination, config.connections().connectTimeout(), this);
  }

  @Override
  public void onConnected(SocketStream stream) {
    if (proxyHeader) {
      SpiffeId peer = request.peer;
      ProxyHeader header =
          new ProxyHeader(
              request.source, request.target, peer == null ? null : peer.toString(), null);
      ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(256);
      header.encode(out);
      stream.write(out);
      stream.flush();
    }
    listener.onApplicationConnected(stream);
  }

  @Override
  public void onFailed(IOException cause) {
    if (preserveSource && attempts < ATTEMPTS && PodSockets.isPortTaken(cause)) {
      attempt();
    } else {
      fail(cause);
    }
  }

  private void fail(IOException cause) {
    ReasonCode reason;
    if (cause instanceof SocketTimeoutException) {
      reason = ReasonCode.CONNECT_TIMEOUT;
    } else if (PodSockets.isOutOfDescriptors(cause)) {
      reason = ReasonCode.FD_LIMIT;
    } else if (PodSockets.isPortTaken(cause)) {
      reason = ReasonCode.SOURCE_ADDRESS_BUSY;
    } else {
      reason = ReasonCode.CONNECT_FAILED;
    }
    listener.onApplicationFailed(reason, destination + ": " + cause.getMessage());
  }

  private static InetAddress loopbackLike(InetAddress address) {
    byte[] loopback = address instanceof Inet4Address ? new byte[] {127, 0, 0, 1} : new byte[16];
    if (loopback.length == 16) {
      loopback[15] = 1;
    }
    try {
      return InetAddress.getByAddress(loopback);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 and 16 bytes are addresses", e);
    }
  }
}
