package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.tls.PeerVerification;
import dev.groundmesh.tunnel.tls.Revocations;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import dev.groundmesh.tunnel.tls.TlsSettings;
import dev.groundmesh.tunnel.tls.WorkloadIdentity;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
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
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** A root that the test holds the key of, so that it can sign what no controller would. */
final class MeshAuthority {
  private static final AtomicLong SERIALS = new AtomicLong(1000);

  /** A peer's key and certificate, ready to speak TLS with. */
  record Credentials(SSLContext tls, BigInteger serial) {}

  private final X500Name name;
  private final KeyPair keys;
  private final X509Certificate certificate;

  MeshAuthority(String organisation) throws Exception {
    Instant now = Instant.now();
    name = new X500Name("O=" + organisation);
    keys = newKeys();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
                name,
                serial(),
                Date.from(now.minus(Duration.ofHours(2))),
                Date.from(now.plus(Duration.ofDays(10))),
                name,
                keys.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
            .addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    certificate = new JcaX509CertificateConverter().getCertificate(builder.build(signer()));
  }

  /** Writes the files that a controller takes its root from. */
  Path plugInto(Path directory) throws IOException {
    Files.writeString(directory.resolve("ca-cert.pem"), pem(certificate));
    Files.writeString(directory.resolve("root-cert.pem"), pem(certificate));
    Files.writeString(directory.resolve("cert-chain.pem"), "");
    Files.writeString(
        directory.resolve("ca-key.pem"),
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(keys.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
    return directory;
  }

  /** Credentials that are valid now. */
  Credentials issue(@Nullable String uri) throws Exception {
    return issue(uri, Duration.ofHours(-1), Duration.ofHours(1));
  }

  /** What a program that uses our own tunnels shows; valid now. */
  TlsIdentity identity(SpiffeId id) throws Exception {
    Leaf leaf = sign(id.toString(), Duration.ofHours(-1), Duration.ofHours(1));
    return new TlsIdentity(
        new WorkloadIdentity(
            id, leaf.keys.getPrivate(), List.of(leaf.certificate), List.of(certificate)),
        TlsSettings.DEFAULT,
        new PeerVerification(Revocations.none(), InstantSource.system()));
  }

  /** Credentials of another time, counted from now. */
  Credentials issue(@Nullable String uri, Duration notBefore, Duration notAfter) throws Exception {
    Leaf leaf = sign(uri, notBefore, notAfter);
    return new Credentials(
        context(leaf.keys.getPrivate(), leaf.certificate, certificate),
        leaf.certificate.getSerialNumber());
  }

  private record Leaf(KeyPair keys, X509Certificate certificate) {}

  private Leaf sign(@Nullable String uri, Duration notBefore, Duration notAfter) throws Exception {
    Instant now = Instant.now();
    KeyPair own = newKeys();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
                name,
                serial(),
                Date.from(now.plus(notBefore)),
                Date.from(now.plus(notAfter)),
                new X500Name("O=workload"),
                own.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(
                    new KeyPurposeId[] {
                      KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                    }));
    if (uri != null) {
      builder.addExtension(
          Extension.subjectAlternativeName,
          true,
          new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
    }
    return new Leaf(own, new JcaX509CertificateConverter().getCertificate(builder.build(signer())));
  }

  /** Nobody's. */
  static Credentials none() throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new TrustEverybody()}, null);
    return new Credentials(tls, BigInteger.ZERO);
  }

  /** Replaces a file by the list of these, at once. */
  void writeRevocations(Path file, BigInteger... serials) throws Exception {
    Instant now = Instant.now();
    X509v2CRLBuilder builder = new X509v2CRLBuilder(name, Date.from(now));
    builder.setNextUpdate(Date.from(now.plus(Duration.ofDays(1))));
    for (BigInteger serial : serials) {
      builder.addCRLEntry(serial, Date.from(now), 0);
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, pem(builder.build(signer())));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private ContentSigner signer() throws Exception {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
  }

  private static SSLContext context(PrivateKey key, Certificate... chain) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("own", key, new char[0], chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(factory.getKeyManagers(), new TrustManager[] {new TrustEverybody()}, null);
    return tls;
  }

  private static KeyPair newKeys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static BigInteger serial() {
    return BigInteger.valueOf(SERIALS.incrementAndGet());
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
      pem.writeObject(object);
    }
    return text.toString();
  }
}
