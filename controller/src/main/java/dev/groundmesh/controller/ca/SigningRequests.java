package dev.groundmesh.controller.ca;

import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * Reads certificate signing requests (PKCS #10, RFC 2986). Only the public key is taken from one,
 * after its owner has proved to hold the private key; names and extensions are ignored.
 */
final class SigningRequests {

  /** A request with an RSA 4096 key and many names is below 4 KiB. */
  static final int MAX_LENGTH = 16 << 10;

  private static final Set<ASN1ObjectIdentifier> SIGNATURES =
      Set.of(
          X9ObjectIdentifiers.ecdsa_with_SHA256,
          X9ObjectIdentifiers.ecdsa_with_SHA384,
          X9ObjectIdentifiers.ecdsa_with_SHA512,
          PKCSObjectIdentifiers.sha256WithRSAEncryption,
          PKCSObjectIdentifiers.sha384WithRSAEncryption,
          PKCSObjectIdentifiers.sha512WithRSAEncryption);

  private static final Set<ASN1ObjectIdentifier> CURVES =
      Set.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1);

  private SigningRequests() {}

  /** A request that cannot be signed; the message may be shown to its sender. */
  static final class InvalidRequestException extends Exception {
    InvalidRequestException(String message) {
      super(message);
    }
  }

  /** The key that the request asks to have certified. */
  static PublicKey publicKey(String pem) throws InvalidRequestException {
    if (pem.length() > MAX_LENGTH) {
      throw new InvalidRequestException(
          "csr: " + pem.length() + " characters (expected: at most " + MAX_LENGTH + ")");
    }
    try {
      JcaPKCS10CertificationRequest request =
          new JcaPKCS10CertificationRequest(new PKCS10CertificationRequest(content(pem)));
      ASN1ObjectIdentifier signature = request.getSignatureAlgorithm().getAlgorithm();
      if (!SIGNATURES.contains(signature)) {
        throw new InvalidRequestException(
            "csr signature algorithm: " + signature + " (expected: ECDSA or RSA with SHA-2)");
      }
      verifyKeyType(request.getSubjectPublicKeyInfo().getAlgorithm());
      PublicKey key = request.getPublicKey();
      verifyKeySize(key);
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new InvalidRequestException("csr signature (expected: by the key in the request)");
      }
      return key;
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | IllegalArgumentException
        | IllegalStateException
        | ClassCastException
        | ArithmeticException
        | IndexOutOfBoundsException
        | NullPointerException e) {
      // The parser has no one exception for what is no request.
      throw new InvalidRequestException("csr (expected: a PKCS #10 request in PEM)");
    }
  }

  private static byte[] content(String pem) throws IOException, InvalidRequestException {
    try (PemReader reader = new PemReader(new StringReader(pem))) {
      PemObject block = reader.readPemObject();
      if (block == null
          || !(block.getType().equals("CERTIFICATE REQUEST")
              || block.getType().equals("NEW CERTIFICATE REQUEST"))) {
        throw new InvalidRequestException("csr (expected: a PEM block CERTIFICATE REQUEST)");
      }
      if (reader.readPemObject() != null) {
        throw new InvalidRequestException("csr (expected: one PEM block)");
      }
      return block.getContent();
    }
  }

  private static void verifyKeyType(AlgorithmIdentifier algorithm) throws InvalidRequestException {
    if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)) {
      return;
    }
    // A curve given by its parameters, not its name, could be one with a known key.
    if (algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
        && algorithm.getParameters() instanceof ASN1ObjectIdentifier curve
        && CURVES.contains(curve)) {
      return;
    }
    throw new InvalidRequestException(
        "csr key: " + algorithm.getAlgorithm() + " (expected: ECDSA P-256 or P-384, or RSA)");
  }

  private static void verifyKeySize(PublicKey key) throws InvalidRequestException {
    switch (key) {
      case RSAPublicKey rsa -> {
        int bits = rsa.getModulus().bitLength();
        if (bits < 2048 || bits > 4096 || rsa.getPublicExponent().bitLength() > 32) {
          throw new InvalidRequestException(
              "csr key: RSA of " + bits + " bits (expected: 2048 to 4096, small exponent)");
        }
      }
      case ECPublicKey curve -> {
        // Its curve was checked by name.
      }
      default ->
          throw new InvalidRequestException(
              "csr key: " + key.getAlgorithm() + " (expected: ECDSA or RSA)");
    }
  }
}
