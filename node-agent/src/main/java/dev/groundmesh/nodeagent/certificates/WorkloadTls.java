package dev.groundmesh.nodeagent.certificates;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** TLS as one of the node's workloads. Any thread; never blocks. */
public interface WorkloadTls {
  /**
   * TLS towards a server, or null where the workload has no certificate yet; then wait for {@link
   * #ready}.
   *
   * @param expected identities one of which the server must prove
   */
  @Nullable TunnelTls client(SpiffeId workload, Set<SpiffeId> expected);

  /** TLS towards clients, or null as above. */
  @Nullable TunnelTls server(SpiffeId workload);

  /**
   * Done when the workload has a certificate, which is asked for at once; fails when the
   * certificate service refuses or does not answer in time.
   */
  CompletableFuture<?> ready(SpiffeId workload);
}
