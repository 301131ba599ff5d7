package dev.groundmesh.tunnel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.hbone.HboneServer;
import dev.groundmesh.tunnel.hbone.HboneServerListener;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.path.TestPath;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.unix.Socket;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against the JDK's TLS, which shares nothing with BoringSSL. */
class JdkPeerTest {
  private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
  private static final String DB = "spiffe://cluster.local/ns/shop/sa/db";
  private static final TestAuthority ROOT = TestAuthority.root("cluster.local");

  private static EventLoopGroup group;

  @BeforeAll
  static void open() {
    group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
  }

  @AfterAll
  static void shutDown() throws Exception {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
  }

  @Test
  void aServerOfOursServesIt() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(group, jdk(true, CART, "h2"), server.server()::newEngine)) {
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(SpiffeId.parse(CART));
      assertThat(connection.clientEnd.applicationProtocol()).isEqualTo("h2");
      assertThat(connection.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void aClientOfOursUsesIt() throws Exception {
    try (TlsIdentity client = ours(CART);
        TlsConnection connection =
            TlsConnection.open(group, ourClient(client), jdk(false, DB, "h2"))) {
      assertThat(connection.clientEnd.peer().identity()).isEqualTo(SpiffeId.parse(DB));
      assertThat(connection.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void weSendNoServerName() throws Exception {
    try (TlsIdentity client = ours(CART);
        TlsConnection connection =
            TlsConnection.open(group, ourClient(client), jdk(false, DB, "h2"))) {
      ExtendedSSLSession session = (ExtendedSSLSession) connection.serverEnd.session();
      assertThat(session.getRequestedServerNames()).isEmpty();
    }
  }

  @Test
  void aServerNameThatAPeerSendsIsIgnored() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(
                group,
                jdk(true, CART, p -> p.setServerNames(List.of(name("elsewhere.example")))),
                server.server()::newEngine)) {
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(SpiffeId.parse(CART));
    }
  }

  @Test
  void aClientWithoutACertificateIsRefused() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(group, jdk(true, "", "h2"), server.server()::newEngine)) {
      assertThat(TlsFailure.reasonOf(connection.serverEnd.failure()))
          .isEqualTo(ReasonCode.TLS_PEER_NO_CERTIFICATE);
    }
  }

  @Test
  void tls12IsNotSpoken() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(
                group,
                jdk(true, CART, p -> p.setProtocols(new String[] {"TLSv1.2"})),
                server.server()::newEngine)) {
      assertThat(TlsFailure.reasonOf(connection.serverEnd.failure()))
          .isEqualTo(ReasonCode.TLS_HANDSHAKE_FAILED);
    }
  }

  @Test
  void aCipherSuiteThatTheMeshDoesNotUseIsRefused() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(
                group,
                jdk(
                    true,
                    CART,
                    p -> p.setCipherSuites(new String[] {"TLS_CHACHA20_POLY1305_SHA256"})),
                server.server()::newEngine)) {
      connection.serverEnd.session();
      assertThatThrownBy(connection.serverEnd::peer)
          .hasMessageContaining("TLS_CHACHA20_POLY1305_SHA256")
          .hasMessageContaining("(expected: one of");
    }
  }

  @Test
  void withoutACommonKeyExchangeThereIsNoConnection() throws Exception {
    try (TlsIdentity server =
            new TlsIdentity(
                ROOT.issue(DB),
                new TlsSettings(true),
                new PeerVerification(Revocations.none(), () -> TestAuthority.NOW));
        TlsConnection connection =
            TlsConnection.open(
                group,
                jdk(true, CART, p -> p.setNamedGroups(new String[] {"x25519"})),
                server.server()::newEngine)) {
      assertThat(TlsFailure.reasonOf(connection.serverEnd.failure()))
          .isEqualTo(ReasonCode.TLS_HANDSHAKE_FAILED);
    }
  }

  @Test
  void aClientThatWouldResumeItsSessionShowsItsCertificateAgain() throws Exception {
    SSLContext remembering = context(CART);
    Function<ByteBufAllocator, SSLEngine> client =
        allocator -> {
          SSLEngine engine = remembering.createSSLEngine("db", 15008);
          engine.setUseClientMode(true);
          return engine;
        };
    try (TlsIdentity server = ours(DB)) {
      for (int i = 0; i < 3; i++) {
        try (TlsConnection connection =
            TlsConnection.open(group, client, server.server()::newEngine)) {
          assertThat(connection.echo("hello")).isEqualTo("hello");
          assertThat(connection.serverEnd.peer().identity()).isEqualTo(SpiffeId.parse(CART));
        }
      }
    }
  }

  @Test
  void aPeerWithoutAlpnIsSeenToHaveNone() throws Exception {
    try (TlsIdentity server = ours(DB);
        TlsConnection connection =
            TlsConnection.open(group, jdk(true, CART, p -> {}), server.server()::newEngine)) {
      assertThat(connection.serverEnd.applicationProtocol()).isNotEqualTo("h2");
    }
  }

  @Test
  void aPeerWithoutAlpnGetsNoTunnel() throws Exception {
    CompletableFuture<String> refused = new CompletableFuture<>();
    MultiThreadIoEventLoopGroup sockets =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try (TlsIdentity identity = ours(DB)) {
      HboneServer server =
          new HboneServer(identity.server(), TunnelSettings.SERVER, new Refusals(refused));
      Socket listening = TestPath.listening();
      IoEventLoop loop = sockets.next();
      SocketListener listener = SocketListener.open(loop, List.of(loop), listening, server::serve);
      Channel client =
          new Bootstrap()
              .group(sockets)
              .channel(EpollSocketChannel.class)
              .handler(new SslHandler(jdk(true, CART, p -> {}).apply(ByteBufAllocator.DEFAULT)))
              .connect(listening.localAddress())
              .sync()
              .channel();

      assertThat(refused.get(10, TimeUnit.SECONDS)).startsWith("ALPN: ").endsWith("(expected: h2)");

      client.closeFuture().get(10, TimeUnit.SECONDS);
      listener.close();
    } finally {
      sockets.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  /** Hears why no tunnel came of a connection. */
  private record Refusals(CompletableFuture<String> refused) implements HboneServerListener {
    @Override
    public void onTunnel(ServerTunnel tunnel) {
      refused.complete("a tunnel");
    }

    @Override
    public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {}

    @Override
    public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {}

    @Override
    public void onHandshakeFailed(
        InetSocketAddress remote, InetSocketAddress local, Throwable cause) {
      refused.complete(String.valueOf(cause.getMessage()));
    }
  }

  private static TlsIdentity ours(String id) {
    return new TlsIdentity(
        ROOT.issue(id),
        TlsSettings.DEFAULT,
        new PeerVerification(Revocations.none(), () -> TestAuthority.NOW));
  }

  private static Function<ByteBufAllocator, SSLEngine> ourClient(TlsIdentity client) {
    return client.client(Set.of(SpiffeId.parse(DB)))::newEngine;
  }

  private static SNIServerName name(String name) {
    return new SNIHostName(name);
  }

  private static Function<ByteBufAllocator, SSLEngine> jdk(
      boolean client, String id, String protocol) {
    return jdk(client, id, p -> p.setApplicationProtocols(new String[] {protocol}));
  }

  private interface Change {
    void apply(SSLParameters parameters);
  }

  /**
   * An engine of the JDK.
   *
   * @param id empty for no certificate
   */
  private static Function<ByteBufAllocator, SSLEngine> jdk(
      boolean client, String id, Change change) {
    return allocator -> {
      try {
        SSLEngine engine = context(id).createSSLEngine();
        engine.setUseClientMode(client);
        SSLParameters parameters = engine.getSSLParameters();
        change.apply(parameters);
        engine.setSSLParameters(parameters);
        return engine;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    };
  }

  private static SSLContext context(String id) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(id.isEmpty() ? null : keys(ROOT.issue(id)).getKeyManagers(), trust(), null);
    return context;
  }

  private static KeyManagerFactory keys(WorkloadIdentity identity) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null);
    store.setKeyEntry(
        "own", identity.key(), new char[0], identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    return factory;
  }

  private static TrustManager[] trust() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null);
    store.setCertificateEntry("root", ROOT.certificate());
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }
}
