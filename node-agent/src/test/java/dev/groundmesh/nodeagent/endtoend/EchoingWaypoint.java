package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Pod;
import dev.groundmesh.tunnel.hbone.HboneServer;
import dev.groundmesh.tunnel.hbone.HboneServerListener;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program inside a pod that ends HBONE tunnels and sends back what comes in their streams. */
final class EchoingWaypoint implements HboneServerListener, AutoCloseable {
  private static final int HBONE = 15008;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private final SocketListener listener;

  private EchoingWaypoint(Socket listening, TlsIdentity identity) {
    HboneServer server = new HboneServer(identity.server(), TunnelSettings.SERVER, this);
    IoEventLoop loop = group.next();
    this.listener = SocketListener.open(loop, List.of(loop), listening, server::serve);
  }

  static EchoingWaypoint start(Pod pod, TlsIdentity identity) throws Exception {
    Epoll.ensureAvailability();
    return new EchoingWaypoint(
        pod.inside(
            () -> {
              Socket socket = LinuxSocket.newSocketStream(SocketProtocolFamily.INET);
              socket.setReuseAddress(true);
              socket.bind(new InetSocketAddress(pod.ipv4(), HBONE));
              socket.listen(16);
              return socket;
            }),
        identity);
  }

  /** Each request: the authority and who asked for it. */
  Queue<String> asked() {
    return asked;
  }

  @Override
  public void onTunnel(ServerTunnel tunnel) {}

  @Override
  public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
    asked.add(connect.request().authority() + " by " + tunnel.peer());
    HboneStream stream = connect.accept(List.of());
    stream.listen(new Echo(stream));
    stream.resume();
  }

  @Override
  public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {}

  @Override
  public void onHandshakeFailed(
      InetSocketAddress remote, InetSocketAddress local, Throwable cause) {}

  private record Echo(ByteStream stream) implements ByteStreamListener {
    @Override
    public void onData(ByteBuf data) {
      stream.write(data);
    }

    @Override
    public void onReadComplete() {
      stream.flush();
    }

    @Override
    public void onEnd() {
      stream.end();
    }

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {}
  }

  @Override
  public void close() {
    listener.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
