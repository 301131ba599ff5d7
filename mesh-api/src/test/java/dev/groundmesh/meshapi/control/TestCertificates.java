package dev.groundmesh.meshapi.control;

import java.io.StringWriter;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A root and the server certificate of a control plane on 127.0.0.1. */
record TestCertificates(X509Certificate root, X509Certificate server, PrivateKey serverKey) {

  static TestCertificates create() {
    return naming(
        new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
        new GeneralName(GeneralName.dNSName, "istiod.istio-system.svc"));
  }

  /** With a server certificate of other names. */
  static TestCertificates naming(GeneralName... names) {
    try {
      KeyPair rootKeys = keys();
      KeyPair serverKeys = keys();
      X500Name name = new X500Name("O=root " + System.nanoTime());
      X509v3CertificateBuilder root =
          new JcaX509v3CertificateBuilder(
                  name, BigInteger.ONE, date(-1), date(1), name, rootKeys.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      X509v3CertificateBuilder server =
          new JcaX509v3CertificateBuilder(
                  name,
                  BigInteger.TWO,
                  date(-1),
                  date(1),
                  new X500Name("CN=istiod"),
                  serverKeys.getPublic())
              .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      return new TestCertificates(
          sign(root, rootKeys.getPrivate()),
          sign(server, rootKeys.getPrivate()),
          serverKeys.getPrivate());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  String rootPem() {
    try {
      StringWriter out = new StringWriter();
      try (JcaPEMWriter writer = new JcaPEMWriter(out)) {
        writer.writeObject(root);
      }
      return out.toString();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair keys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static Date date(int days) {
    return Date.from(Instant.now().plus(Duration.ofDays(days)));
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws Exception {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }
}
