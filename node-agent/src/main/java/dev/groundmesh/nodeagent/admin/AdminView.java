package dev.groundmesh.nodeagent.admin;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.explain.Explanation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the admin pages show of the agent. Every method may be called from any thread at any time.
 */
public interface AdminView {
  /** The snapshot in force. */
  MeshSnapshot snapshot();

  /** The pods that the agent has been told to capture. */
  List<Pod> pods();

  /** The certificates of the pods' identities. */
  List<Certificate> certificates();

  /** The agent's settings as they are in force, by the name of the setting; no secrets. */
  Map<String, String> settings();

  /** What keeps the agent from being ready, in words; empty when it is ready. */
  List<String> notReadyBecause();

  /**
   * What would become of a connection; see {@link dev.groundmesh.nodeagent.explain.Explainer}.
   *
   * @throws IllegalArgumentException naming the parameter that names nothing
   */
  Explanation explain(String from, String to, int port);

  /** Starts the same orderly end as SIGTERM. */
  void shutDown();

  /**
   * A pod of this node.
   *
   * @param state {@code Up}, {@code Pending} or {@code Draining}
   * @param detail why it is not up; null if it is
   */
  record Pod(
      String uid,
      String name,
      String namespace,
      String serviceAccount,
      String trustDomain,
      String state,
      @Nullable String detail) {}

  /**
   * The certificate of an identity.
   *
   * @param state {@code Available}, {@code Initializing} or {@code Unavailable: <why>}
   * @param chain leaf first; empty if there is none yet
   * @param roots what the identity trusts
   */
  record Certificate(String identity, String state, List<X509> chain, List<X509> roots) {}

  /**
   * One certificate of a chain.
   *
   * @param serialNumber decimal
   */
  record X509(String pem, String serialNumber, Instant validFrom, Instant expirationTime) {}
}
