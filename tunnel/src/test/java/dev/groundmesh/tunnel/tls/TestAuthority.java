package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * A certificate authority for tests, by BouncyCastle, so that it shares no code with what it tests.
 */
final class TestAuthority {
  /**
   * One for a run of the tests, in whole seconds as certificates have them; the JDK's TLS has no
   * clock but the machine's.
   */
  @SuppressWarnings("TimeInStaticInitializer")
  static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private static final AtomicLong SERIALS = new AtomicLong(1000);

  private final KeyPair keys;
  private final X509Certificate certificate;

  /** Null for a root. */
  private final List<X509Certificate> toRoot;

  private TestAuthority(KeyPair keys, X509Certificate certificate, List<X509Certificate> toRoot) {
    this.keys = keys;
    this.certificate = certificate;
    this.toRoot = toRoot;
  }

  static TestAuthority root(String name) {
    return root(name, NOW.minus(Duration.ofDays(1)), NOW.plus(Duration.ofDays(3650)));
  }

  static TestAuthority root(String name, Instant notBefore, Instant notAfter) {
    try {
      KeyPair keys = newKeys();
      X500Name subject = new X500Name("O=" + name);
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
                  subject,
                  BigInteger.valueOf(SERIALS.incrementAndGet()),
                  Date.from(notBefore),
                  Date.from(notAfter),
                  subject,
                  keys.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new TestAuthority(keys, sign(builder, keys.getPrivate()), List.of());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  TestAuthority intermediate(String name) {
    try {
      KeyPair intermediateKeys = newKeys();
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
                  certificate,
                  BigInteger.valueOf(SERIALS.incrementAndGet()),
                  Date.from(NOW.minus(Duration.ofDays(1))),
                  Date.from(NOW.plus(Duration.ofDays(365))),
                  new X500Name("O=" + name),
                  intermediateKeys.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      X509Certificate signed = sign(builder, keys.getPrivate());
      List<X509Certificate> chain = new ArrayList<>();
      chain.add(signed);
      chain.addAll(toRoot);
      return new TestAuthority(intermediateKeys, signed, chain);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  X509Certificate certificate() {
    return certificate;
  }

  WorkloadIdentity issue(String id) {
    return issue(id, List.of(certificate));
  }

  WorkloadIdentity issue(String id, List<X509Certificate> roots) {
    return issue(
        id,
        List.of(id),
        roots,
        NOW.minus(Duration.ofMinutes(2)),
        NOW.plus(Duration.ofHours(24)),
        KeyPurposeId.id_kp_serverAuth,
        KeyPurposeId.id_kp_clientAuth);
  }

  WorkloadIdentity issue(
      String id,
      List<String> uris,
      List<X509Certificate> roots,
      Instant notBefore,
      Instant notAfter,
      KeyPurposeId... purposes) {
    try {
      KeyPair leafKeys = newKeys();
      X509Certificate leaf = leaf(leafKeys.getPublic(), uris, notBefore, notAfter, purposes);
      List<X509Certificate> chain = new ArrayList<>();
      chain.add(leaf);
      chain.addAll(toRoot);
      return new WorkloadIdentity(SpiffeId.parse(id), leafKeys.getPrivate(), chain, roots);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private X509Certificate leaf(
      PublicKey key,
      List<String> uris,
      Instant notBefore,
      Instant notAfter,
      KeyPurposeId... purposes)
      throws Exception {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name(certificate.getSubjectX500Principal().getName()),
            BigInteger.valueOf(SERIALS.incrementAndGet()),
            Date.from(notBefore),
            Date.from(notAfter),
            new X500Name(uris.isEmpty() ? "CN=nobody" : ""),
            key);
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    if (purposes.length > 0) {
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
    }
    if (!uris.isEmpty()) {
      GeneralName[] names =
          uris.stream()
              .map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri))
              .toArray(GeneralName[]::new);
      builder.addExtension(Extension.subjectAlternativeName, true, new GeneralNames(names));
    }
    return sign(builder, keys.getPrivate());
  }

  /** Signs a request as the certificate service does: whom it names is decided by the caller. */
  X509Certificate sign(String csr, List<String> uris, Instant notBefore, Instant notAfter) {
    try {
      return leaf(request(csr).getPublicKey(), uris, notBefore, notAfter);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static JcaPKCS10CertificationRequest request(String csr) throws Exception {
    try (PEMParser parser = new PEMParser(new StringReader(csr))) {
      JcaPKCS10CertificationRequest request =
          new JcaPKCS10CertificationRequest((PKCS10CertificationRequest) parser.readObject());
      if (!request.isSignatureValid(
          new JcaContentVerifierProviderBuilder().build(request.getPublicKey()))) {
        throw new AssertionError("the request's signature is not its key's");
      }
      return request;
    }
  }

  String revoking(X509Certificate... revoked) {
    try {
      X509v2CRLBuilder builder =
          new X509v2CRLBuilder(
              new X500Name(certificate.getSubjectX500Principal().getName()), Date.from(NOW));
      builder.setNextUpdate(Date.from(NOW.plus(Duration.ofDays(7))));
      for (X509Certificate one : revoked) {
        builder.addCRLEntry(one.getSerialNumber(), Date.from(NOW), 1);
      }
      X509CRL crl =
          new JcaX509CRLConverter()
              .getCRL(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
      return pem(crl);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static String pem(Object object) {
    try {
      StringWriter out = new StringWriter();
      try (JcaPEMWriter writer = new JcaPEMWriter(out)) {
        writer.writeObject(object);
      }
      return out.toString();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws Exception {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  static KeyPair newKeys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }
}
