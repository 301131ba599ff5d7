package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Signs certificates for the workloads of this node. */
@FunctionalInterface
public interface CertificateAuthority {

  /**
   * Asks for a certificate. Must not block.
   *
   * @param id whom the certificate is to name
   * @param csr PKCS#10, PEM
   * @param validity how long it is to be valid; the authority may decide otherwise
   * @return the chain in PEM: leaf, intermediates one an element, and in the last element the root
   *     or roots; fails with a {@link java.net.ConnectException} where nobody answered
   */
  CompletionStage<List<String>> sign(SpiffeId id, String csr, Duration validity);
}
