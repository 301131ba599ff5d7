package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.state.StateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CA certificate that someone else made, in the four files of Istio's {@code cacerts}: {@code
 * ca-cert.pem}, {@code ca-key.pem}, {@code cert-chain.pem} and {@code root-cert.pem}. A change of
 * the files is taken over when all of it fits together; until then the former stays in force.
 */
final class PluggedTrust implements TrustSource {

  private static final Logger log = LoggerFactory.getLogger(PluggedTrust.class);

  private final Path directory;
  private final Clock clock;
  private volatile TrustBundle bundle;
  private String content;
  private String rejected = "";

  private PluggedTrust(Path directory, Clock clock, TrustBundle bundle, String content) {
    this.directory = directory;
    this.clock = clock;
    this.bundle = bundle;
    this.content = content;
  }

  static PluggedTrust load(Path directory, Clock clock) throws StateException {
    try {
      String content = content(directory);
      return new PluggedTrust(directory, clock, parse(directory, clock), content);
    } catch (IOException | GeneralSecurityException e) {
      throw new StateException(directory, "no usable CA: " + e.getMessage(), e);
    }
  }

  @Override
  public TrustBundle current() {
    return bundle;
  }

  @Override
  public void issued(Duration lifetime) {
    // Whoever plugs in the roots decides when one may go.
  }

  /** Takes over changed files; called by one thread, now and then. */
  void reload() {
    try {
      String now = content(directory);
      if (now.equals(content)) {
        return;
      }
      bundle = parse(directory, clock);
      content = now;
      rejected = "";
      log.info("took over the CA of {}", directory);
    } catch (IOException | GeneralSecurityException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(rejected)) {
        rejected = problem;
        log.error("{}: no usable CA, the former stays in force: {}", directory, problem);
      }
    }
  }

  private static String content(Path directory) throws IOException {
    return read(directory, "ca-cert.pem")
        + read(directory, "ca-key.pem")
        + read(directory, "cert-chain.pem")
        + read(directory, "root-cert.pem");
  }

  private static String read(Path directory, String name) throws IOException {
    try {
      return Files.readString(directory.resolve(name), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new IOException(name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static TrustBundle parse(Path directory, Clock clock)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> signers = Pem.certificates(read(directory, "ca-cert.pem"));
    if (signers.size() != 1) {
      throw new IOException("ca-cert.pem: " + signers.size() + " certificates (expected: one)");
    }
    Authority signer =
        new Authority(signers.getFirst(), Pem.privateKey(read(directory, "ca-key.pem")));
    signer.verify();
    List<X509Certificate> roots = Pem.certificates(read(directory, "root-cert.pem"));
    if (roots.isEmpty()) {
      throw new IOException("root-cert.pem: no certificate (expected: one or more)");
    }
    List<X509Certificate> chain = new ArrayList<>();
    if (!roots.contains(signer.certificate())) {
      chain.add(signer.certificate());
      for (X509Certificate one : Pem.certificates(read(directory, "cert-chain.pem"))) {
        if (!chain.contains(one) && !roots.contains(one)) {
          chain.add(one);
        }
      }
      verifyChain(chain, roots, clock);
    }
    return TrustBundle.of(signer, chain, roots);
  }

  private static void verifyChain(
      List<X509Certificate> chain, List<X509Certificate> roots, Clock clock)
      throws GeneralSecurityException {
    Set<TrustAnchor> anchors = new HashSet<>();
    for (X509Certificate root : roots) {
      anchors.add(new TrustAnchor(root, null));
    }
    PKIXParameters parameters = new PKIXParameters(anchors);
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(clock.instant()));
    CertPathValidator.getInstance("PKIX")
        .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
  }
}
