package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.IllegalReferenceCountException;
import java.util.Set;

/**
 * The TLS of one workload identity, across renewals of its certificate: new handshakes use the
 * newest certificate, connections that stand keep the one they began with. Safe for use by any
 * thread; {@link #client} and {@link #server} take no lock and do no I/O, so they are for event
 * loops.
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
   * @throws IllegalArgumentException when the key or the certificates are not fit for TLS
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
   * Begins an outbound handshake.
   *
   * @param allocator of the channel
   * @param expected the identities of which the server must prove one; not empty
   * @throws IllegalStateException after {@link #close()}
   */
  public TlsHandshake client(ByteBufAllocator allocator, Set<SpiffeId> expected) {
    while (true) {
      TlsContexts contexts = current;
      try {
        return contexts.client(allocator, expected);
      } catch (IllegalReferenceCountException replaced) {
        requireOpen(contexts, replaced);
      }
    }
  }

  /**
   * Begins an inbound handshake.
   *
   * @param allocator of the channel
   * @throws IllegalStateException after {@link #close()}
   */
  public TlsHandshake server(ByteBufAllocator allocator) {
    while (true) {
      TlsContexts contexts = current;
      try {
        return contexts.server(allocator);
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

  /** Lets go of the contexts; connections that stand are not touched. */
  @Override
  public void close() {
    current.release();
  }

  // A context is only ever let go of after its successor was published, or for good.
  private void requireOpen(TlsContexts tried, IllegalReferenceCountException cause) {
    if (tried == current) {
      throw new IllegalStateException("the identity " + id() + " is closed", cause);
    }
  }
}
