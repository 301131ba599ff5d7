package dev.groundmesh.controller;

import dev.groundmesh.controller.auth.TokenAuthenticator;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.state.StateException;
import java.util.concurrent.CompletionStage;

/**
 * What a control plane stands on: where its keys are kept, who knows its callers, and how those
 * learn of its roots. Files of this machine, or Kubernetes.
 */
interface Platform extends AutoCloseable {

  /** The one certificate authority; it need not be ready. */
  CertificateAuthority authority();

  /** Who knows callers by their tokens. */
  TokenAuthenticator tokens();

  /** What a rotation must be asked with; may block. */
  String adminToken() throws StateException;

  /**
   * Takes over changes from outside, and brings the roots and tokens to where they are looked for.
   * Called over and over on one thread, a few times a second; cheap if nothing changed. May block.
   * The serving certificate follows first: who reads new roots must be able to verify it.
   *
   * @param newest what is served
   */
  void upkeep(CompiledResources newest) throws StateException;

  /** Makes the roots known that the authority trusts now; called after {@link #upkeep}. */
  void handOutRoots() throws StateException;

  /**
   * Whether the agents are being taken off for good, so that one that ends has no successor. Does
   * not block; fails if that cannot be found out.
   */
  CompletionStage<Boolean> agentsLeave();

  @Override
  void close();
}
