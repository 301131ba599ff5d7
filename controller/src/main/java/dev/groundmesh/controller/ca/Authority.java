package dev.groundmesh.controller.ca;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;

/** A certificate that may sign others, with its key. */
record Authority(X509Certificate certificate, PrivateKey key) {

  /** What the key signs with. */
  static String signatureAlgorithm(PrivateKey key) throws GeneralSecurityException {
    return switch (key.getAlgorithm()) {
      case "EC", "ECDSA" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default ->
          throw new GeneralSecurityException(
              "key algorithm: " + key.getAlgorithm() + " (expected: EC or RSA)");
    };
  }

  /** Fails unless key and certificate belong together and the certificate is one of a CA. */
  void verify() throws GeneralSecurityException {
    byte[] probe = {1, 2, 3};
    Signature signature = Signature.getInstance(signatureAlgorithm(key));
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(probe);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key is not that of the certificate");
    }
    if (certificate.getBasicConstraints() < 0) {
      throw new GeneralSecurityException("the certificate is not one of a CA (basic constraints)");
    }
    boolean[] usage = certificate.getKeyUsage();
    if (usage != null && !usage[5]) {
      throw new GeneralSecurityException("the certificate may not sign others (key usage)");
    }
  }
}
