package dev.groundmesh.controller.ca;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes certificates of the forms that the mesh knows: roots, workloads' and servers'. */
final class Certificates {

  /** Certificates are valid from this long ago, so that a clock that is behind accepts them. */
  static final Duration CLOCK_SKEW = Duration.ofMinutes(2);

  private static final X500Name EMPTY = new X500Name(new RDN[0]);

  private final SecureRandom random;

  Certificates(SecureRandom random) {
    this.random = random;
  }

  KeyPair newKeyPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  /** A self-signed root with a new key; {@code O=<trust domain>} as Istio's. */
  Authority root(String trustDomain, Instant now, Duration lifetime)
      throws GeneralSecurityException {
    KeyPair pair = newKeyPair();
    // The serial in the name keeps two roots of one mesh apart where chains are built by name.
    BigInteger serial = serial();
    X500Name name =
        new X500NameBuilder()
            .addRDN(BCStyle.O, trustDomain)
            .addRDN(BCStyle.CN, "root " + serial.toString(16).substring(0, 8))
            .build();
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            name,
            serial,
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(now.plus(lifetime)),
            name,
            SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
    return new Authority(sign(builder, pair.getPrivate()), pair.getPrivate());
  }

  /**
   * A workload's certificate: an empty subject, the identity as critical URI name.
   *
   * @param lifetime from now; cut where the signer's own ends
   */
  X509Certificate workload(
      TrustBundle trust, PublicKey key, SpiffeId identity, Instant now, Duration lifetime)
      throws GeneralSecurityException {
    return leaf(
        trust,
        key,
        new GeneralNames(
            new GeneralName(GeneralName.uniformResourceIdentifier, identity.toString())),
        now,
        lifetime);
  }

  /** A server's certificate for host names and addresses. */
  X509Certificate server(
      TrustBundle trust, PublicKey key, List<GeneralName> names, Instant now, Duration lifetime)
      throws GeneralSecurityException {
    return leaf(trust, key, new GeneralNames(names.toArray(GeneralName[]::new)), now, lifetime);
  }

  private X509Certificate leaf(
      TrustBundle trust, PublicKey key, GeneralNames names, Instant now, Duration lifetime)
      throws GeneralSecurityException {
    X509Certificate issuer = trust.signer().certificate();
    Instant issuerEnd = issuer.getNotAfter().toInstant();
    if (!now.isBefore(issuerEnd)) {
      throw new GeneralSecurityException("the CA's certificate expired at " + issuerEnd);
    }
    Instant end = now.plus(lifetime);
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            X500Name.getInstance(issuer.getSubjectX500Principal().getEncoded()),
            serial(),
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(end.isAfter(issuerEnd) ? issuerEnd : end),
            EMPTY,
            SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    try {
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer));
      builder.addExtension(Extension.subjectAlternativeName, true, names);
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
    return sign(builder, trust.signer().key());
  }

  private BigInteger serial() {
    // Positive and at most 20 octets, RFC 5280 section 4.1.2.2.
    return new BigInteger(127, random).setBit(126);
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder(Authority.signatureAlgorithm(key)).build(key)));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }
}
