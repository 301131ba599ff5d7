package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/** The native contexts of one certificate: one for each role. */
final class TlsContexts {
  /** By preference; a peer without the first is a peer of before it was common. */
  private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256"};

  private static final String[] POST_QUANTUM_GROUPS = {"X25519MLKEM768"};

  // BoringSSL offers these three whatever it is told; TlsPeer refuses the last.
  private static final List<String> SUITES =
      List.of("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256");

  private final WorkloadIdentity workload;
  private final TlsSettings settings;
  private final PeerTrustManager trust;
  private final SslContext client;
  private final SslContext server;

  TlsContexts(WorkloadIdentity workload, TlsSettings settings, PeerVerification verification) {
    this.workload = workload;
    this.settings = settings;
    this.trust =
        new PeerTrustManager(verification.forRoots(workload.roots()), workload.id().trustDomain());
    KeyManagerFactory keys = IdentityKeyManager.factory(workload);
    try {
      this.client =
          configure(
                  SslContextBuilder.forClient()
                      .keyManager(keys)
                      .endpointIdentificationAlgorithm(null))
              .build();
      SslContext made = null;
      try {
        made = configure(SslContextBuilder.forServer(keys).clientAuth(ClientAuth.REQUIRE)).build();
      } finally {
        if (made == null) {
          ReferenceCountUtil.release(client);
        }
      }
      this.server = made;
    } catch (SSLException e) {
      throw new IllegalArgumentException(
          "certificate and key of " + workload.id() + ": " + e.getMessage(), e);
    }
    ((OpenSslSessionContext) client.sessionContext()).setSessionCacheEnabled(false);
    ((OpenSslSessionContext) server.sessionContext()).setSessionCacheEnabled(false);
  }

  private SslContextBuilder configure(SslContextBuilder builder) {
    return builder
        .sslProvider(SslProvider.OPENSSL_REFCNT)
        .protocols("TLSv1.3")
        .ciphers(SUITES)
        .option(
            OpenSslContextOption.GROUPS, settings.postQuantumOnly() ? POST_QUANTUM_GROUPS : GROUPS)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                ApplicationProtocolNames.HTTP_2))
        .trustManager(trust);
  }

  WorkloadIdentity workload() {
    return workload;
  }

  SSLEngine newClientEngine(ByteBufAllocator allocator, Set<SpiffeId> expected) {
    SSLEngine engine = newEngine(client, allocator);
    trust.expect(engine, expected);
    return engine;
  }

  SSLEngine newServerEngine(ByteBufAllocator allocator) {
    return newEngine(server, allocator);
  }

  private static SSLEngine newEngine(SslContext context, ByteBufAllocator allocator) {
    ReferenceCounted counted = (ReferenceCounted) context;
    // Throws when the context has been freed meanwhile, so that none is used after it.
    counted.retain();
    try {
      // An engine of newEngine() would take and give one record at a time only, as the JDK's do. No
      // host: no SNI.
      SSLEngine engine = context.newHandler(allocator).engine();
      // Netty turns tickets on again for each engine of TLS 1.3. Who resumes a session shows no
      // certificate, so nobody could be verified, nor found on a revocation list.
      SSL.setOptions(((ReferenceCountedOpenSslEngine) engine).sslPointer(), SSL.SSL_OP_NO_TICKET);
      return engine;
    } finally {
      counted.release();
    }
  }

  int handshakesInProgress() {
    return trust.expecting();
  }

  void release() {
    ReferenceCountUtil.release(client);
    ReferenceCountUtil.release(server);
  }
}
