package dev.groundmesh.controller.ca;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A CA certificate that someone else made, with what it leads to; everything fits together.
 *
 * @param intermediates from the signer up to, and without, the root; empty when the signer is a
 *     root
 * @param roots what its users trust
 */
record PluggedCa(
    Authority signer, List<X509Certificate> intermediates, List<X509Certificate> roots) {

  static final String CERTIFICATE = "ca-cert.pem";
  static final String KEY = "ca-key.pem";
  static final String CHAIN = "cert-chain.pem";
  static final String ROOTS = "root-cert.pem";

  /** The files it is made of, as in Istio's {@code cacerts}. */
  static final List<String> FILES = List.of(CERTIFICATE, KEY, CHAIN, ROOTS);

  /**
   * Reads the four files.
   *
   * @throws IOException if one is missing or cannot be understood; the message names it
   * @throws GeneralSecurityException if they do not fit together, or one has expired
   */
  static PluggedCa parse(Map<String, String> files, Instant now)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> signers = certificates(files, CERTIFICATE);
    if (signers.size() != 1) {
      throw new IOException(CERTIFICATE + ": " + signers.size() + " certificates (expected: one)");
    }
    Authority signer = new Authority(signers.getFirst(), Pem.privateKey(file(files, KEY)));
    try {
      signer.verify();
    } catch (GeneralSecurityException e) {
      throw new GeneralSecurityException(
          CERTIFICATE + " and " + KEY + ": " + e.getMessage() + " (expected: those of one CA)", e);
    }
    valid(CERTIFICATE, signer.certificate(), now);
    List<X509Certificate> roots = certificates(files, ROOTS);
    if (roots.isEmpty()) {
      throw new IOException(ROOTS + ": no certificate (expected: one or more)");
    }
    List<X509Certificate> chain = new ArrayList<>();
    if (!roots.contains(signer.certificate())) {
      chain.add(signer.certificate());
      for (X509Certificate one : certificates(files, CHAIN)) {
        if (!chain.contains(one) && !roots.contains(one)) {
          chain.add(one);
        }
      }
    }
    PluggedCa ca = new PluggedCa(signer, List.copyOf(chain), List.copyOf(roots));
    String broken = ca.whyNotTrustedBy(roots, now);
    if (broken != null) {
      throw new GeneralSecurityException(
          CHAIN + ": " + broken + " (expected: the way from " + CERTIFICATE + " to " + ROOTS + ")");
    }
    return ca;
  }

  /** Whether who trusts these roots, and has not heard of any other, trusts what this CA signs. */
  boolean isTrustedBy(List<X509Certificate> known, Instant now) {
    return whyNotTrustedBy(known, now) == null;
  }

  private @Nullable String whyNotTrustedBy(List<X509Certificate> known, Instant now) {
    try {
      if (intermediates.isEmpty()) {
        if (!known.contains(signer.certificate())) {
          return "the signer is not among the roots";
        }
        valid(ROOTS, signer.certificate(), now);
        return null;
      }
      Set<TrustAnchor> anchors = new HashSet<>();
      for (X509Certificate root : known) {
        if (!now.isBefore(root.getNotBefore().toInstant())
            && now.isBefore(root.getNotAfter().toInstant())) {
          anchors.add(new TrustAnchor(root, null));
        }
      }
      if (anchors.isEmpty()) {
        return "every root has expired";
      }
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPathValidator.getInstance("PKIX")
          .validate(
              CertificateFactory.getInstance("X.509").generateCertPath(intermediates), parameters);
      return null;
    } catch (GeneralSecurityException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void valid(String name, X509Certificate certificate, Instant now)
      throws GeneralSecurityException {
    Instant start = certificate.getNotBefore().toInstant();
    Instant end = certificate.getNotAfter().toInstant();
    if (!now.isBefore(end) || now.isBefore(start)) {
      throw new GeneralSecurityException(
          name
              + ": valid from "
              + start
              + " to "
              + end
              + " (expected: a certificate that is valid at "
              + now
              + ")");
    }
  }

  private static List<X509Certificate> certificates(Map<String, String> files, String name)
      throws IOException {
    String text = file(files, name);
    try {
      return Pem.certificates(text);
    } catch (IOException | GeneralSecurityException e) {
      throw new IOException(name + ": " + e.getMessage() + " (expected: certificates in PEM)", e);
    }
  }

  private static String file(Map<String, String> files, String name) throws IOException {
    String text = files.get(name);
    if (text == null) {
      throw new IOException(name + ": none (expected: one of the files " + FILES + ")");
    }
    return text;
  }
}
