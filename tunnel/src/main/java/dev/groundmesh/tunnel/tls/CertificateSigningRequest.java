package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/**
 * A new key and the PKCS#10 request for its certificate (RFC 2986): ECDSA P-256, SHA-256, empty
 * subject, critical URI SAN. Written by hand because it is the one ASN.1 structure that an agent
 * ever writes.
 */
final class CertificateSigningRequest {
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int OBJECT_IDENTIFIER = 0x06;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int CONTEXT_URI = 0x86;
  private static final int CONTEXT_ATTRIBUTES = 0xa0;

  /** 1.2.840.113549.1.9.14 */
  private static final byte[] EXTENSION_REQUEST = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x09, 0x0e
  };

  /** 2.5.29.17 */
  private static final byte[] SUBJECT_ALTERNATIVE_NAME = {0x55, 0x1d, 0x11};

  /** 1.2.840.10045.4.3.2 */
  private static final byte[] ECDSA_WITH_SHA256 = {
    0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
  };

  private final KeyPair keys;
  private final String pem;

  private CertificateSigningRequest(KeyPair keys, String pem) {
    this.keys = keys;
    this.pem = pem;
  }

  /** Makes a key and asks for a certificate that names the workload. Takes about a millisecond. */
  static CertificateSigningRequest of(SpiffeId id) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair keys = generator.generateKeyPair();

    byte[] names = der(SEQUENCE, der(CONTEXT_URI, id.toString().getBytes(StandardCharsets.UTF_8)));
    byte[] extension =
        der(
            SEQUENCE,
            der(OBJECT_IDENTIFIER, SUBJECT_ALTERNATIVE_NAME),
            der(BOOLEAN, new byte[] {(byte) 0xff}),
            der(OCTET_STRING, names));
    byte[] attribute =
        der(
            SEQUENCE,
            der(OBJECT_IDENTIFIER, EXTENSION_REQUEST),
            der(SET, der(SEQUENCE, extension)));
    byte[] info =
        der(
            SEQUENCE,
            der(INTEGER, new byte[] {0}),
            der(SEQUENCE),
            keys.getPublic().getEncoded(),
            der(CONTEXT_ATTRIBUTES, attribute));

    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(keys.getPrivate());
    signer.update(info);
    byte[] request =
        der(
            SEQUENCE,
            info,
            der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256)),
            der(BIT_STRING, new byte[] {0}, signer.sign()));
    return new CertificateSigningRequest(keys, pem(request));
  }

  KeyPair keys() {
    return keys;
  }

  String pem() {
    return pem;
  }

  private static String pem(byte[] der) {
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }

  private static byte[] der(int tag, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
