package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.IllegalReferenceCountException;
import java.util.Set;
import javax.net.ssl.SSLEngine;

/**
 * The TLS of one workload identity, across renewals of its certificate: new handshakes use the
 * newest certificate, connections that stand keep the one they began with. Safe for use by any
 * thread; making engines takes no lock and does no I/O, so it is for event loops.
 *
 * <p>The native contexts, one for each role, are shared by all pods of the identity and freed when
 * the last connection of a replaced certificate has ended.
 */
public final class TlsIdentity implements AutoCloseable {
  private final TlsSettings settings;
  private final PeerVerification verification;
  private volatile TlsContexts current;

  /**
   * Makes the native contexts.
   *
   * @throws IllegalArgumentException when the key or a certificate cannot be read
   */
  public TlsIdentity(
      WorkloadIdentity workload, TlsSettings settings, PeerVerification verification) {
    this.settings = settings;
    this.verification = verification;
    this.current = new TlsContexts(workload, settings, verification);
  }

  public SpiffeId id() {
    return current.workload().id();
  }

  /** The certificate that new handshakes use. */
  public WorkloadIdentity workload() {
    return current.workload();
  }

  /**
   * TLS towards servers.
   *
   * @param expected the identities of which a server must prove one; not empty
   */
  public TunnelTls client(Set<SpiffeId> expected) {
    return new IdentityTls.Client(this, Set.copyOf(expected));
  }

  /** TLS towards clients of the identity's own trust domain. */
  public TunnelTls server() {
    return new IdentityTls.Server(this);
  }

  SSLEngine newClientEngine(ByteBufAllocator allocator, Set<SpiffeId> expected) {
    while (true) {
      TlsContexts contexts = current;
      try {
        return contexts.newClientEngine(allocator, expected);
      } catch (IllegalReferenceCountException replaced) {
        requireOpen(contexts, replaced);
      }
    }
  }

  SSLEngine newServerEngine(ByteBufAllocator allocator) {
    while (true) {
      TlsContexts contexts = current;
      try {
        return contexts.newServerEngine(allocator);
      } catch (IllegalReferenceCountException replaced) {
        requireOpen(contexts, replaced);
      }
    }
  }

  /**
   * Uses another certificate of the same identity from now on. Not for event loops: it takes some
   * milliseconds.
   */
  public void replace(WorkloadIdentity workload) {
    if (!workload.id().equals(id())) {
      throw new IllegalArgumentException(
          "identity: " + workload.id() + " (expected: " + id() + ")");
    }
    TlsContexts next = new TlsContexts(workload, settings, verification);
    TlsContexts former = current;
    current = next;
    former.release();
  }

  /**
   * Lets go of the contexts; connections that stand are not touched, and no more engines can be
   * made: {@code newEngine} of {@link #client} and {@link #server} then throws {@link
   * IllegalStateException}.
   */
  @Override
  public void close() {
    current.release();
  }

  /** Outbound handshakes whose server has not shown its certificate yet, or that were given up. */
  int handshakesInProgress() {
    return current.handshakesInProgress();
  }

  // A context is only ever let go of after its successor was published, or for good.
  private void requireOpen(TlsContexts tried, IllegalReferenceCountException cause) {
    if (tried == current) {
      throw new IllegalStateException("the identity " + id() + " is closed", cause);
    }
  }
}
