package dev.groundmesh.tunnel.path;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.tls.PeerVerification;
import dev.groundmesh.tunnel.tls.Revocations;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import dev.groundmesh.tunnel.tls.TlsSettings;
import dev.groundmesh.tunnel.tls.WorkloadIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
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
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** A root of trust and the identities under it. */
public final class TestMesh {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final KeyPair rootKey;
  private final X509Certificate root;
  private final PeerVerification verification;

  public TestMesh() {
    this(newKey());
  }

  private TestMesh(KeyPair rootKey) {
    this(rootKey, sign(new X500Name("CN=root"), rootKey, null, rootKey, new X500Name("CN=root")));
  }

  private TestMesh(KeyPair rootKey, X509Certificate root) {
    this.rootKey = rootKey;
    this.root = root;
    verification = new PeerVerification(Revocations.none(), InstantSource.system());
  }

  /** The mesh whose root is kept in that file, which is made if it is missing. */
  static TestMesh stored(Path file) throws GeneralSecurityException, IOException {
    char[] password = "bench".toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    if (Files.exists(file)) {
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, password);
      }
      X509Certificate root = (X509Certificate) store.getCertificate("root");
      return new TestMesh(
          new KeyPair(root.getPublicKey(), (PrivateKey) store.getKey("root", password)), root);
    }
    TestMesh mesh = new TestMesh();
    store.load(null, password);
    store.setKeyEntry(
        "root", mesh.rootKey.getPrivate(), password, new X509Certificate[] {mesh.root});
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, password);
    }
    return mesh;
  }

  public static SpiffeId id(String account) {
    return new SpiffeId("cluster.local", "default", account);
  }

  public TlsIdentity identity(String account) {
    KeyPair key = newKey();
    X509Certificate leaf =
        sign(new X500Name("CN=" + account), key, id(account), rootKey, new X500Name("CN=root"));
    return new TlsIdentity(
        new WorkloadIdentity(id(account), key.getPrivate(), List.of(leaf), List.of(root)),
        TlsSettings.DEFAULT,
        verification);
  }

  private static KeyPair newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate sign(
      X500Name subject, KeyPair key, @Nullable SpiffeId id, KeyPair issuerKey, X500Name issuer) {
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(SERIAL.getAndIncrement()),
            Date.from(now.minus(1, ChronoUnit.HOURS)),
            Date.from(now.plus(1, ChronoUnit.DAYS)),
            subject,
            key.getPublic());
    try {
      if (id == null) {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      } else {
        builder.addExtension(
            Extension.subjectAlternativeName,
            true,
            new GeneralNames(
                new GeneralName(GeneralName.uniformResourceIdentifier, id.toString())));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth}));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(issuerKey.getPrivate())));
    } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
