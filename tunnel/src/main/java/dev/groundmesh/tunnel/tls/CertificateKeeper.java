package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import org.jspecify.annotations.Nullable;

/**
 * Keeps certificates and their keys beyond the life of the process, so that one that starts while
 * the authority cannot be reached still proves who its pods are. Called by the manager's thread
 * alone; must not throw.
 */
public interface CertificateKeeper {
  /** Keeps nothing. */
  CertificateKeeper NONE =
      new CertificateKeeper() {
        @Override
        public @Nullable WorkloadIdentity kept(SpiffeId id) {
          return null;
        }

        @Override
        public void keep(WorkloadIdentity workload) {}

        @Override
        public void forget(SpiffeId id) {}
      };

  /**
   * What was kept last for the identity, whether still valid or not; null if there is nothing that
   * can be used.
   */
  @Nullable WorkloadIdentity kept(SpiffeId id);

  /** Replaces what is kept for the workload's identity. */
  void keep(WorkloadIdentity workload);

  /** The identity has left this node: its key must not outlive it. */
  void forget(SpiffeId id);
}
