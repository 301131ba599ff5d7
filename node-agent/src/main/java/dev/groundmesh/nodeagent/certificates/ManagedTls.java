package dev.groundmesh.nodeagent.certificates;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.tls.CertificateManager;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** TLS by the certificates that the manager keeps. */
public final class ManagedTls implements WorkloadTls {
  private final CertificateManager certificates;
  private final Duration timeout;

  /**
   * @param timeout how long traffic waits for a certificate
   */
  public ManagedTls(CertificateManager certificates, Duration timeout) {
    this.certificates = certificates;
    this.timeout = timeout;
  }

  @Override
  public @Nullable TunnelTls client(SpiffeId workload, Set<SpiffeId> expected) {
    TlsIdentity identity = certificates.current(workload);
    return identity == null ? null : identity.client(expected);
  }

  @Override
  public @Nullable TunnelTls server(SpiffeId workload) {
    TlsIdentity identity = certificates.current(workload);
    return identity == null ? null : identity.server();
  }

  @Override
  public CompletableFuture<?> ready(SpiffeId workload) {
    return certificates.require(workload).orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
