package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.math.BigInteger;
import java.security.PublicKey;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * The verified other end of a TLS connection. Shared by all connections on which the peer showed
 * the same certificate, so a connection pays a reference for it.
 *
 * @param identity whom the peer proved to be
 * @param path the peer's certificates, leaf first, each by what a revocation list names it by
 */
public record TlsPeer(SpiffeId identity, List<Issued> path) {

  /** Copies the list. */
  public TlsPeer {
    path = List.copyOf(path);
  }

  /**
   * A certificate as its issuer knows it.
   *
   * @param issuer who signed it
   * @param issuerKey the key that the signature was checked with
   * @param serialNumber unique to the issuer
   */
  public record Issued(X500Principal issuer, PublicKey issuerKey, BigInteger serialNumber) {}
}
