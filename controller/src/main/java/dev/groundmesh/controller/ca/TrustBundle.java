package dev.groundmesh.controller.ca;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * What the CA signs with and what the mesh trusts, at one time. Immutable.
 *
 * @param signer signs leaves
 * @param intermediates from the signer up to, and without, the root; empty when the signer is a
 *     root
 * @param roots everything the mesh trusts; several while roots are rotated
 * @param intermediatePems the same as PEM, one each
 * @param rootsPem the same as PEM, all in one text
 */
record TrustBundle(
    Authority signer,
    List<X509Certificate> intermediates,
    List<X509Certificate> roots,
    List<String> intermediatePems,
    String rootsPem) {

  static TrustBundle of(
      Authority signer, List<X509Certificate> intermediates, List<X509Certificate> roots)
      throws GeneralSecurityException {
    List<String> pems = new ArrayList<>();
    for (X509Certificate intermediate : intermediates) {
      pems.add(Pem.of(intermediate));
    }
    return new TrustBundle(
        signer, List.copyOf(intermediates), List.copyOf(roots), List.copyOf(pems), Pem.of(roots));
  }
}
