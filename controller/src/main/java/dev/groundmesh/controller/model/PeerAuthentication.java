package dev.groundmesh.controller.model;

import java.util.Map;

/**
 * Whether workloads take plaintext.
 *
 * @param selector empty: the whole namespace, or the whole mesh in the root namespace
 * @param portLevel by target port; only with a selector
 */
public record PeerAuthentication(
    Metadata metadata, Map<String, String> selector, Mode mode, Map<Integer, Mode> portLevel)
    implements MeshObject {

  public PeerAuthentication {
    selector = Map.copyOf(selector);
    portLevel = Map.copyOf(portLevel);
  }

  @Override
  public Kind kind() {
    return Kind.PEER_AUTHENTICATION;
  }

  /** A mode; {@link #UNSET} inherits. */
  public enum Mode {
    UNSET,
    DISABLE,
    PERMISSIVE,
    STRICT
  }
}
