package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.ca.SigningRequests.InvalidRequestException;
import dev.groundmesh.controller.ca.StoredTrust.RotationException;
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
    if (settings.pluggedDirectory() != null) {
      return new CertificateAuthority(
          settings, clock, certificates, PluggedTrust.load(settings.pluggedDirectory(), clock));
    }
    StoredTrust trust =
        new StoredTrust(
            new DirectoryCaState(state),
            PluggedFiles.none(),
            certificates,
            settings.trustDomain(),
            clock,
            Duration.ZERO);
    trust.refresh();
    return new CertificateAuthority(settings, clock, certificates, trust);
  }

  /**
   * An authority whose state other replicas share. It signs nothing before the first {@link
   * #refresh} that finds everything in order.
   *
   * @param propagation how long a root may take to reach every workload's trust store, at most
   */
  public static CertificateAuthority shared(
      CaSettings settings,
      CaStateStore store,
      PluggedFiles plugged,
      Clock clock,
      SecureRandom random,
      Duration propagation) {
    Certificates certificates = new Certificates(random);
    return new CertificateAuthority(
        settings,
        clock,
        certificates,
        new StoredTrust(store, plugged, certificates, settings.trustDomain(), clock, propagation));
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
    if (bundle == null) {
      throw new RefusedException(trust.problem(), false);
    }
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
    TrustBundle bundle = required();
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
    return identity.issuer().equals(required().signer().certificate());
  }

  /** Whether there is something to sign with. */
  public boolean isReady() {
    return trust.current() != null;
  }

  /** What is wrong with what the authority is made of; empty if nothing is. */
  public String problem() {
    return trust.problem();
  }

  private TrustBundle required() {
    TrustBundle bundle = trust.current();
    if (bundle == null) {
      throw new IllegalStateException("certificate authority: " + trust.problem());
    }
    return bundle;
  }

  /** Every root that the mesh trusts, PEM. */
  public String rootsPem() {
    return required().rootsPem();
  }

  public List<X509Certificate> roots() {
    return required().roots();
  }

  /** The certificate that signs. */
  public X509Certificate signer() {
    return required().signer().certificate();
  }

  /** Keeps what must not be forgotten, and takes over changed files; may block. */
  public void upkeep() throws StateException {
    switch (trust) {
      case PluggedTrust plugged -> plugged.reload();
      case StoredTrust stored -> stored.saveGranted();
    }
  }

  /**
   * Takes over what other replicas, or users, wrote; may block.
   *
   * @throws StateException if it cannot be read, or if it is not in order and never was
   */
  public void refresh() throws StateException {
    if (trust instanceof StoredTrust stored) {
      stored.refresh();
    }
  }

  /** Makes the step of a rotation that is due; for the replica that leads. May block. */
  public void advance() throws StateException {
    if (trust instanceof StoredTrust stored) {
      stored.advance();
    }
  }

  /** {@code STEADY}, {@code TRUST_BOTH}, {@code SIGN_NEW}, {@code PLUGGED} or {@code NONE}. */
  public String rotationPhase() {
    return switch (trust) {
      case StoredTrust own -> own.phase();
      case PluggedTrust plugged -> "PLUGGED";
    };
  }

  /** When the next step of the rotation under way is safe; empty if none is. */
  public Optional<Instant> nextRotationStepAfter() {
    return switch (trust) {
      case StoredTrust own -> own.nextStepAfter();
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
    if (!(trust instanceof StoredTrust own)) {
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
