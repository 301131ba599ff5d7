package dev.groundmesh.nodeagent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.SmallMesh;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.io.DataInputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The server on real sockets, with an upstream that is scripted byte by byte. */
class PodDnsTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final DnsEvents IGNORED =
      new DnsEvents() {
        @Override
        public void requested(Question question) {}

        @Override
        public void forwarded(Question question) {}

        @Override
        public void forwardingEnded(Question question, boolean success, long nanos) {}

        @Override
        public void answered(Question question, String result, int endpoints) {}
      };

  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  @AfterEach
  void stop() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private PodDns dns(List<InetSocketAddress> upstream) {
    return dns(upstream, MeshSnapshot.EMPTY, "uid");
  }

  private static PodDns dns(
      List<InetSocketAddress> upstream, MeshSnapshot mesh, String workloadUid) {
    return new DnsProxy(
            () -> mesh,
            new ResolverConfig(upstream, List.of()),
            "cluster.local",
            null,
            true,
            new Random(1),
            IGNORED)
        .serve(workloadUid, EpollDatagramChannel::new, EpollSocketChannel::new);
  }

  private int bindTcp(PodDns dns) {
    Channel channel =
        new ServerBootstrap()
            .group(loop)
            .channelFactory(EpollServerSocketChannel::new)
            .childHandler(dns.tcpInitializer())
            .bind(LOOPBACK, 0)
            .syncUninterruptibly()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private int bindUdp(PodDns dns) {
    Channel channel =
        new Bootstrap()
            .group(loop)
            .channelFactory(EpollDatagramChannel::new)
            .handler(dns.udpHandler())
            .bind(LOOPBACK, 0)
            .syncUninterruptibly()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    buffer.release();
    return bytes;
  }

  private static DatagramDnsResponse receive(DatagramSocket client) throws Exception {
    client.setSoTimeout(10_000);
    DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
    client.receive(packet);
    return DnsMessages.decode(Unpooled.copiedBuffer(packet.getData(), 0, packet.getLength()));
  }

  private static void send(DatagramSocket client, int port, ByteBuf query) throws Exception {
    byte[] bytes = bytes(query);
    client.send(new DatagramPacket(bytes, bytes.length, LOOPBACK, port));
  }

  /**
   * Answers one query with the response code given, after the forged answers that {@code before}
   * makes of it.
   */
  private static Thread upstream(DatagramSocket socket, int responseCode, boolean forgeFirst) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                DatagramPacket query = new DatagramPacket(new byte[4096], 4096);
                socket.receive(query);
                byte[] answer = query.getData().clone();
                if (forgeFirst) {
                  byte[] forged = answer.clone();
                  forged[0] ^= 1;
                  forged[2] |= (byte) 0x80;
                  socket.send(
                      new DatagramPacket(forged, query.getLength(), query.getSocketAddress()));
                }
                answer[2] |= (byte) 0x80;
                answer[3] = (byte) responseCode;
                socket.send(
                    new DatagramPacket(answer, query.getLength(), query.getSocketAddress()));
              } catch (java.io.IOException e) {
                // The test closes the socket at its end.
              }
            });
  }

  @Test
  void unknownNameIsAnsweredByUpstreamUnderTheClientsId() throws Exception {
    try (DatagramSocket server = new DatagramSocket(0, LOOPBACK);
        DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
      upstream(server, 3, false);
      int port = bindUdp(dns(List.of((InetSocketAddress) server.getLocalSocketAddress())));

      send(client, port, DnsMessages.query(4711, "example.com", DnsQuery.TYPE_A));

      DatagramDnsResponse response = receive(client);
      assertThat(response.id()).isEqualTo(4711);
      assertThat(response.code()).isEqualTo(DnsResponseCode.NXDOMAIN);
      response.release();
    }
  }

  @Test
  void answerWithAnotherIdIsIgnoredAsForged() throws Exception {
    try (DatagramSocket server = new DatagramSocket(0, LOOPBACK);
        DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
      upstream(server, 5, true);
      int port = bindUdp(dns(List.of((InetSocketAddress) server.getLocalSocketAddress())));

      send(client, port, DnsMessages.query(1, "example.com", DnsQuery.TYPE_A));

      DatagramDnsResponse response = receive(client);
      assertThat(response.code()).isEqualTo(DnsResponseCode.REFUSED);
      response.release();
    }
  }

  @Test
  void nextServerIsAskedWhenThePortOfTheFirstIsClosed() throws Exception {
    InetSocketAddress closed;
    try (DatagramSocket gone = new DatagramSocket(0, LOOPBACK)) {
      closed = (InetSocketAddress) gone.getLocalSocketAddress();
    }
    try (DatagramSocket server = new DatagramSocket(0, LOOPBACK);
        DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
      upstream(server, 3, false);
      int port = bindUdp(dns(List.of(closed, (InetSocketAddress) server.getLocalSocketAddress())));

      send(client, port, DnsMessages.query(1, "example.com", DnsQuery.TYPE_A));

      DatagramDnsResponse response = receive(client);
      assertThat(response.code()).isEqualTo(DnsResponseCode.NXDOMAIN);
      response.release();
    }
  }

  @Test
  void malformedQueryIsAnsweredAsSuchAndTheServerLivesOn() throws Exception {
    try (DatagramSocket server = new DatagramSocket(0, LOOPBACK);
        DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
      upstream(server, 3, false);
      int port = bindUdp(dns(List.of((InetSocketAddress) server.getLocalSocketAddress())));
      ByteBuf malformed = DnsMessages.query(9, "a", 1);
      malformed.setByte(12, 0xc0);

      send(client, port, malformed);
      DatagramDnsResponse first = receive(client);
      assertThat(first.id()).isEqualTo(9);
      assertThat(first.code()).isEqualTo(DnsResponseCode.FORMERR);
      first.release();

      send(client, port, DnsMessages.query(10, "example.com", 1));
      DatagramDnsResponse second = receive(client);
      assertThat(second.code()).isEqualTo(DnsResponseCode.NXDOMAIN);
      second.release();
    }
  }

  @Test
  void queryOverTcpGoesUpstreamOverTcp() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
      int port = bindTcp(dns(List.of((InetSocketAddress) server.getLocalSocketAddress())));
      try (Socket client = new Socket(LOOPBACK, port)) {
        byte[] query = bytes(DnsMessages.query(77, "example.com", 16));
        client.getOutputStream().write(new byte[] {0, (byte) query.length});
        client.getOutputStream().write(query);
        try (Socket upstream = server.accept()) {
          byte[] forwarded =
              new DataInputStream(upstream.getInputStream()).readNBytes(query.length + 2);
          forwarded[4] |= (byte) 0x80;
          upstream.getOutputStream().write(forwarded);
          byte[] answer = new DataInputStream(client.getInputStream()).readNBytes(query.length + 2);
          DatagramDnsResponse response =
              DnsMessages.decode(Unpooled.copiedBuffer(answer, 2, query.length));
          assertThat(response.id()).isEqualTo(77);
          assertThat(response.count(DnsSection.QUESTION)).isEqualTo(1);
          response.release();
        }
      }
    }
  }

  @Test
  void clientThatReadsNoAnswersIsAnsweredNoMore() {
    MeshSnapshot mesh =
        new SmallMesh()
            .with(SmallMesh.pod("client", "10.0.0.1"))
            .with(SmallMesh.service("web", "10.96.0.1"))
            .snapshot();
    byte[] query = bytes(DnsMessages.query(1, "web.shop.svc.cluster.local", DnsQuery.TYPE_A));
    ByteBuf queries = Unpooled.buffer();
    for (int i = 0; i < 10_000; i++) {
      queries.writeShort(query.length).writeBytes(query);
    }
    Unread client =
        new Unread(dns(List.of(), mesh, "Kubernetes//Pod/shop/client").tcpInitializer());

    client.writeInbound(queries);

    assertThat(client.config().isAutoRead()).isFalse();
    assertThat(client.waitingBytes())
        .isBetween(1L, 2L * client.config().getWriteBufferHighWaterMark());
    client.finishAndReleaseAll();
  }

  /** A connection whose other end reads nothing. */
  private static final class Unread extends EmbeddedChannel {
    Unread(ChannelHandler handler) {
      super(handler);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer waiting) {}

    long waitingBytes() {
      return unsafe().outboundBuffer().totalPendingWriteBytes();
    }
  }

  @Test
  void connectionsBeyondThoseOfOnePodAreClosedUnheard() throws Exception {
    int port = bindTcp(dns(List.of(), MeshSnapshot.EMPTY, "uid"));
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < DnsLimits.MAX_CONNECTIONS_PER_POD; i++) {
        open.add(new Socket(LOOPBACK, port));
      }
      try (Socket further = new Socket(LOOPBACK, port)) {
        further.setSoTimeout(5_000);
        assertThat(further.getInputStream().read()).isEqualTo(-1);
      }
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
