package dev.groundmesh.controller.server;

import dev.groundmesh.controller.ca.ServerIdentity;
import io.grpc.netty.GrpcSslContexts;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;

/**
 * Each handshake is made with the newest certificate; connections that stand keep theirs. TLS 1.2
 * and 1.3.
 */
final class RotatingSslContext extends SslContext {

  private volatile SslContext current;

  RotatingSslContext(ServerIdentity identity) throws SSLException {
    current = context(identity);
  }

  /** From now on, handshakes show this. */
  void show(ServerIdentity identity) throws SSLException {
    // The former context is left to the garbage collector: a handshake may be using it.
    current = context(identity);
  }

  private static SslContext context(ServerIdentity identity) throws SSLException {
    return GrpcSslContexts.configure(
            SslContextBuilder.forServer(
                identity.key(), identity.chain().toArray(X509Certificate[]::new)))
        .protocols("TLSv1.3", "TLSv1.2")
        .build();
  }

  @Override
  public boolean isClient() {
    return false;
  }

  @Override
  public List<String> cipherSuites() {
    return current.cipherSuites();
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in SslContext all the same
  public io.netty.handler.ssl.ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return current.applicationProtocolNegotiator();
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return current.newEngine(allocator);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
    return current.newEngine(allocator, peerHost, peerPort);
  }

  @Override
  public SSLSessionContext sessionContext() {
    return current.sessionContext();
  }
}
