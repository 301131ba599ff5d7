package dev.groundmesh.controller.leader;

import java.io.IOException;
import java.util.Optional;

/** Where the lease is kept. Calls block, for a few seconds at most. */
public interface LeaseStore {

  /** Empty if there is no lease yet. */
  Optional<Lease> read() throws IOException, InterruptedException;

  /**
   * Replaces the version that {@code lease} names.
   *
   * @return the lease with its new version; empty if another replica was faster
   */
  Optional<Lease> write(Lease lease) throws IOException, InterruptedException;
}
