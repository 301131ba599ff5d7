package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.ca.SelfSignedTrust.RotationException;
import dev.groundmesh.controller.ca.SigningRequests.InvalidRequestException;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x509.GeneralName;

/** The certificate authority of one mesh. Thread-safe. */
public final class CertificateAuthority {

  /** Where agents of this machine find the roots. */
  public static final String ROOTS_FILE = "root-cert.pem";

  private final CaSettings settings;
  private final Clock clock;
  private final Certificates certificates;
  private final TrustSource trust;

  private CertificateAuthority(
      CaSettings settings, Clock clock, Certificates certificates, TrustSource trust) {
    this.settings = settings;
    this.clock = clock;
    this.certificates = certificates;
    this.trust = trust;
  }

  /**
   * Loads the authority, making its root at first use.
   *
   * @throws StateException if what is there is damaged or cannot be written; nothing is replaced
   */
  public static CertificateAuthority open(
      CaSettings settings, StateDirectory state, Clock clock, SecureRandom random)
      throws StateException {
    Certificates certificates = new Certificates(random);
    TrustSource trust =
        settings.pluggedDirectory() == null
            ? SelfSignedTrust.loadOrCreate(state, certificates, settings.trustDomain(), clock)
            : PluggedTrust.load(settings.pluggedDirectory(), clock);
    return new CertificateAuthority(settings, clock, certificates, trust);
  }

  /** Why a request is not signed. */
  public static final class RefusedException extends Exception {
    private final boolean callersFault;

    RefusedException(String message, boolean callersFault) {
      super(message);
      this.callersFault = callersFault;
    }

    /** Whether the message speaks of what the caller sent, and may be shown to it. */
    public boolean isCallersFault() {
      return callersFault;
    }
  }

  /**
   * Signs a request for an identity that the caller was found to be entitled to.
   *
   * @param request PKCS #10 in PEM; only its key counts
   * @param lifetime zero or less: the default
   * @return PEM: the leaf, the intermediates, and last all roots in one text
   */
  public List<String> sign(String request, SpiffeId identity, Duration lifetime)
      throws RefusedException {
    if (lifetime.compareTo(settings.maxLifetime()) > 0) {
      throw new RefusedException(
          "validity_duration: "
              + lifetime.toSeconds()
              + " s (expected: at most "
              + settings.maxLifetime().toSeconds()
              + " s)",
          true);
    }
    Duration granted = lifetime.isPositive() ? lifetime : settings.defaultLifetime();
    TrustBundle bundle = trust.current();
    try {
      PublicKey key = SigningRequests.publicKey(request);
      X509Certificate leaf = certificates.workload(bundle, key, identity, clock.instant(), granted);
      trust.issued(granted);
      List<String> chain = new ArrayList<>(2 + bundle.intermediatePems().size());
      chain.add(Pem.of(leaf));
      chain.addAll(bundle.intermediatePems());
      chain.add(bundle.rootsPem());
      return chain;
    } catch (InvalidRequestException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), true);
    } catch (GeneralSecurityException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), false);
    }
  }

  /** A certificate with its key for a server of ours. */
  public ServerIdentity serverIdentity(List<GeneralName> names, Duration lifetime)
      throws GeneralSecurityException {
    TrustBundle bundle = trust.current();
    KeyPair pair = certificates.newKeyPair();
    X509Certificate leaf =
        certificates.server(bundle, pair.getPublic(), names, clock.instant(), lifetime);
    List<X509Certificate> chain = new ArrayList<>();
    chain.add(leaf);
    chain.addAll(bundle.intermediates());
    return new ServerIdentity(pair.getPrivate(), List.copyOf(chain), bundle.signer().certificate());
  }

  /** Whether the identity was signed by what signs now. */
  public boolean isCurrent(ServerIdentity identity) {
    return identity.issuer().equals(trust.current().signer().certificate());
  }

  /** Every root that the mesh trusts, PEM. */
  public String rootsPem() {
    return trust.current().rootsPem();
  }

  public List<X509Certificate> roots() {
    return trust.current().roots();
  }

  /** The certificate that signs. */
  public X509Certificate signer() {
    return trust.current().signer().certificate();
  }

  /** Takes over changed files of a plugged-in authority; for one thread, now and then. */
  public void reload() {
    if (trust instanceof PluggedTrust plugged) {
      plugged.reload();
    }
  }

  /** {@code STEADY}, {@code TRUST_BOTH}, {@code SIGN_NEW}, or {@code PLUGGED}. */
  public String rotationPhase() {
    return switch (trust) {
      case SelfSignedTrust own -> own.phase();
      case PluggedTrust plugged -> "PLUGGED";
    };
  }

  /** When the next step of the rotation under way is safe; empty if none is. */
  public Optional<Instant> nextRotationStepAfter() {
    return switch (trust) {
      case SelfSignedTrust own -> own.nextStepAfter();
      case PluggedTrust plugged -> Optional.empty();
    };
  }

  /**
   * Makes the next step of a root rotation.
   *
   * @param force though some workload may not be ready for it
   * @return the phase reached
   * @throws RefusedException if it is too early, or roots are plugged in
   */
  public String rotate(boolean force) throws RefusedException, StateException {
    if (!(trust instanceof SelfSignedTrust own)) {
      throw new RefusedException(
          "rotation: roots are plugged in (expected: rotate by replacing the files)", true);
    }
    try {
      return own.rotate(force);
    } catch (RotationException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), true);
    } catch (GeneralSecurityException | IOException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), false);
    }
  }
}
