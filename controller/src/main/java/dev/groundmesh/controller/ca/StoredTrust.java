package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.ca.CaState.Issuer;
import dev.groundmesh.controller.ca.CaState.Rotation;
import dev.groundmesh.controller.ca.CaStateStore.Stored;
import dev.groundmesh.controller.state.StateException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Roots whose state is kept in a store that all replicas share, with their rotation. Everything is
 * in one entry of the store, written before it takes effect; of two replicas that write at once one
 * finds that the other was quicker, and takes over what that wrote.
 *
 * <p>The phases of a rotation, each of them safe to stay in: {@code STEADY} (one root); {@code
 * TRUST_BOTH} (a new root is handed out beside the old one, which still signs); {@code SIGN_NEW}
 * (the new one signs, the old one is still trusted); then {@code STEADY} with the new one. The wait
 * between them is what it takes until every workload has heard of the new root, and until the last
 * leaf of the old one has expired. A CA that is plugged in while our own root is in force becomes
 * the new one of such a rotation; {@code PLUGGED} is its steady state.
 *
 * <p>Thread-safe. {@link #current}, {@link #issued} and what else only tells never block.
 */
final class StoredTrust implements TrustSource {

  static final Duration ROOT_LIFETIME = Duration.ofDays(3650);

  /** A root of our own is rotated when no more than this is left of it. */
  static final Duration ROOT_RENEWAL = ROOT_LIFETIME.dividedBy(10);

  private static final Logger log = LoggerFactory.getLogger(StoredTrust.class);

  /** Each turn means that another replica wrote or removed the state in between. */
  private static final int MAX_RACES = 5;

  private final CaStateStore store;
  private final PluggedFiles pluggedFiles;
  private final Certificates certificates;
  private final String trustDomain;
  private final Clock clock;
  private final Duration propagation;
  private final AtomicLong longestGrantedSeconds = new AtomicLong();

  private volatile @Nullable CaState state;
  private volatile @Nullable TrustBundle bundle;
  private volatile String problem = "";
  private @Nullable String version;
  private @Nullable PluggedCa plugged;
  private boolean somethingPlugged;

  /**
   * Knows nothing before the first {@link #refresh}.
   *
   * @param propagation how long a root may take to reach every workload's trust store, at most
   */
  StoredTrust(
      CaStateStore store,
      PluggedFiles pluggedFiles,
      Certificates certificates,
      String trustDomain,
      Clock clock,
      Duration propagation) {
    this.store = store;
    this.pluggedFiles = pluggedFiles;
    this.certificates = certificates;
    this.trustDomain = trustDomain;
    this.clock = clock;
    this.propagation = propagation;
  }

  /** A step of a rotation that cannot be made, or not yet; the message says why and when. */
  static final class RotationException extends Exception {
    RotationException(String message) {
      super(message);
    }
  }

  @Override
  public @Nullable TrustBundle current() {
    return bundle;
  }

  @Override
  public String problem() {
    return problem;
  }

  @Override
  public void issued(Duration lifetime) {
    longestGrantedSeconds.accumulateAndGet(lifetime.toSeconds(), Math::max);
  }

  /** {@code STEADY}, {@code TRUST_BOTH}, {@code SIGN_NEW}, {@code PLUGGED} or {@code NONE}. */
  String phase() {
    CaState now = state;
    return now == null ? "NONE" : now.phase();
  }

  /** When the next step of the rotation is safe; empty if none is under way. */
  Optional<Instant> nextStepAfter() {
    CaState now = state;
    return now == null ? Optional.empty() : now.nextStepAfter(propagation);
  }

  /**
   * Takes over what the store and the plugged-in files hold now; makes the first root where there
   * is nothing at all. What cannot be used leaves the former in force.
   *
   * @throws StateException if the store cannot be asked, or if there is nothing to use and there
   *     never was. What is damaged is never replaced: every workload of the mesh trusts it
   */
  synchronized void refresh() throws StateException {
    Optional<Map<String, String>> files = pluggedFiles.read();
    somethingPlugged = files.isPresent();
    PluggedCa candidate = null;
    String wrong = "";
    if (files.isPresent()) {
      try {
        candidate = PluggedCa.parse(files.get(), clock.instant());
      } catch (IOException | GeneralSecurityException e) {
        wrong = "plugged-in CA: " + e.getMessage();
      }
    }
    try {
      String damage = load(candidate, wrong);
      CaState now = state;
      if (now == null) {
        throw new IllegalStateException("no state after loading");
      }
      String refusal = plug(now, candidate, wrong);
      tell(damage.isEmpty() ? refusal : damage);
      bundle = bundle(now, plugged, bundle);
      if (bundle == null) {
        throw new StateException(store.place(), problem, null);
      }
      rememberPluggedRoots(now);
    } catch (IOException | GeneralSecurityException e) {
      throw new StateException(store.place(), String.valueOf(e.getMessage()), e);
    } catch (StateException e) {
      tell(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private String load(@Nullable PluggedCa candidate, String wrong)
      throws StateException, IOException, GeneralSecurityException {
    for (int race = 0; race < MAX_RACES; race++) {
      Optional<Stored> stored = store.read();
      if (stored.isPresent()) {
        return take(stored.get());
      }
      CaState first = state;
      if (first == null) {
        if (somethingPlugged && candidate == null) {
          throw new StateException(
              store.place(), wrong + "; no root is made up while something is plugged in", null);
        }
        first =
            candidate != null
                ? CaState.plugged(candidate.roots())
                : CaState.own(certificates.root(trustDomain, clock.instant(), ROOT_LIFETIME));
      } else {
        log.error("{} is gone; it is written again as it was", store.place());
      }
      Optional<Stored> written = store.write(first.toJson(), null);
      if (written.isPresent()) {
        if (state == null) {
          log.info("{}: begun, {} for {}", store.place(), first.phase(), trustDomain);
        }
        state = first;
        version = written.get().version();
        return "";
      }
    }
    throw new StateException(store.place(), "others write all the time", null);
  }

  private String take(Stored stored) throws StateException {
    if (stored.version().equals(version)) {
      return "";
    }
    try {
      CaState read = CaState.parse(stored.text());
      CaState former = state;
      if (former != null && !former.phase().equals(read.phase())) {
        log.info("root rotation: {}, by another replica", read.phase());
      }
      state = read;
      version = stored.version();
      return "";
    } catch (IOException | GeneralSecurityException | DateTimeException e) {
      String damage =
          "is damaged (expected: the state of the certificate authority); restore it from a copy."
              + " Removing it makes a new root that no running workload trusts: "
              + e.getMessage();
      if (state == null) {
        throw new StateException(store.place(), damage, e);
      }
      return store.place() + ' ' + damage;
    }
  }

  /** Decides on the plugged-in CA; returns what is wrong with it. */
  private String plug(CaState now, @Nullable PluggedCa candidate, String wrong) {
    if (candidate == null) {
      return wrong.isEmpty() && now.active() instanceof Issuer.Plugged
          ? "plugged-in CA: gone (expected: the one that signs); the former stays in force"
          : wrong;
    }
    if (now.active() instanceof Issuer.Plugged
        && !candidate.isTrustedBy(now.pluggedRoots(), clock.instant())) {
      return "plugged-in CA: "
          + candidate.signer().certificate().getSubjectX500Principal().getName()
          + " (expected: one that a root leads to which the mesh trusts already; first plug in "
          + PluggedCa.ROOTS
          + " with the new root beside the former, wait until certificates are renewed, then"
          + " change the signer)";
    }
    if (!candidate.equals(plugged) && plugged != null) {
      log.info("took over the changed plugged-in CA");
    }
    plugged = candidate;
    return "";
  }

  private void rememberPluggedRoots(CaState now)
      throws StateException, IOException, GeneralSecurityException {
    PluggedCa inForce = plugged;
    if (now.active() instanceof Issuer.Plugged
        && inForce != null
        && !now.pluggedRoots().equals(inForce.roots())) {
      write(now.withPluggedRoots(inForce.roots()));
    }
  }

  private void tell(String wrong) {
    if (!wrong.equals(problem)) {
      problem = wrong;
      if (wrong.isEmpty()) {
        log.info("{}: in order again", store.place());
      } else {
        log.error("certificate authority: {}", wrong);
      }
    }
  }

  /** Keeps the longest lifetime granted, if it grew since the last call. */
  synchronized void saveGranted() throws StateException {
    CaState now = state;
    long granted = longestGrantedSeconds.get();
    if (now == null || granted <= now.longestLifetime().toSeconds()) {
      return;
    }
    try {
      write(now.withLongestLifetime(Duration.ofSeconds(granted)));
    } catch (IOException | GeneralSecurityException e) {
      throw new StateException(store.place(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Makes the next step of a rotation: begins one, or goes on with the one under way.
   *
   * @param force make it though some workload may not be ready for it
   * @return the phase reached
   */
  synchronized String rotate(boolean force)
      throws RotationException, StateException, GeneralSecurityException, IOException {
    saveGranted();
    CaState now = state;
    if (now == null) {
      throw new RotationException("rotation: none (expected: a certificate authority in order)");
    }
    if (now.active() instanceof Issuer.Plugged && now.rotation() instanceof Rotation.Steady) {
      throw new RotationException(
          "rotation: roots are plugged in (expected: rotate by replacing the files)");
    }
    Instant earliest = now.nextStepAfter(propagation).orElse(Instant.MIN);
    if (clock.instant().isBefore(earliest) && !force) {
      throw new RotationException(
          "rotation: " + now.phase() + " (expected: the next step not before " + earliest + ")");
    }
    if (!step(now)) {
      throw new RotationException(
          "rotation: another replica was quicker (expected: look at the phase and ask again)");
    }
    return phase();
  }

  /**
   * Makes the step that is due, if one is: of a rotation under way, to a CA that was plugged in, or
   * away from a root that is near its end. For one replica at a time, though several do no harm.
   */
  synchronized void advance() throws StateException {
    CaState now = state;
    if (now == null) {
      return;
    }
    Instant time = clock.instant();
    try {
      switch (now.rotation()) {
        case Rotation.Steady() -> {
          if (now.active() instanceof Issuer.Own(Authority own)) {
            if (plugged != null && somethingPlugged) {
              beginPlugging(now, plugged, time);
            } else if (!time.plus(ROOT_RENEWAL)
                .isBefore(own.certificate().getNotAfter().toInstant())) {
              step(now);
            }
          }
        }
        case Rotation.TrustBoth(Issuer next, Instant since) -> {
          PluggedCa candidate = plugged;
          if (next instanceof Issuer.Plugged && !somethingPlugged) {
            log.info("root rotation: the plugged-in CA is gone, our own root stays");
            write(now.with(now.active(), new Rotation.Steady()).withPluggedRoots(List.of()));
          } else if (next instanceof Issuer.Plugged
              && candidate != null
              && !candidate.roots().equals(now.pluggedRoots())) {
            beginPlugging(now, candidate, time);
          } else {
            stepIfDue(now, time);
          }
        }
        case Rotation.SignNew(Issuer old, Instant since) -> stepIfDue(now, time);
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new StateException(store.place(), String.valueOf(e.getMessage()), e);
    }
  }

  private void beginPlugging(CaState now, PluggedCa candidate, Instant time)
      throws StateException, IOException, GeneralSecurityException {
    log.info("root rotation: to the plugged-in CA");
    write(
        now.with(now.active(), new Rotation.TrustBoth(new Issuer.Plugged(), time))
            .withPluggedRoots(candidate.roots()));
  }

  private void stepIfDue(CaState now, Instant time)
      throws StateException, IOException, GeneralSecurityException {
    if (!time.isBefore(now.nextStepAfter(propagation).orElse(Instant.MAX))) {
      step(now);
    }
  }

  private boolean step(CaState now) throws StateException, IOException, GeneralSecurityException {
    Instant time = clock.instant();
    CaState next =
        switch (now.rotation()) {
          case Rotation.Steady() ->
              now.with(
                  now.active(),
                  new Rotation.TrustBoth(
                      new Issuer.Own(certificates.root(trustDomain, time, ROOT_LIFETIME)), time));
          case Rotation.TrustBoth(Issuer issuer, Instant since) -> {
            if (issuer instanceof Issuer.Plugged && plugged == null) {
              throw new StateException(
                  store.place(), "the plugged-in CA cannot be used: " + problem, null);
            }
            yield now.with(issuer, new Rotation.SignNew(now.active(), time));
          }
          case Rotation.SignNew(Issuer old, Instant since) ->
              now.with(now.active(), new Rotation.Steady());
        };
    boolean written = write(next);
    if (written) {
      log.info("root rotation: {}", next.phase());
    }
    return written;
  }

  private boolean write(CaState next) throws StateException, IOException, GeneralSecurityException {
    TrustBundle reached = bundle(next, plugged, bundle);
    Optional<Stored> written = store.write(next.toJson(), version);
    if (written.isEmpty()) {
      refresh();
      return false;
    }
    version = written.get().version();
    state = next;
    bundle = reached;
    return true;
  }

  /** What holds in a state; the former if the state asks for a CA that is not there. */
  private static @Nullable TrustBundle bundle(
      CaState state, @Nullable PluggedCa plugged, @Nullable TrustBundle former)
      throws GeneralSecurityException {
    Set<X509Certificate> roots = new LinkedHashSet<>(roots(state, state.active(), plugged));
    switch (state.rotation()) {
      case Rotation.Steady() -> {
        // One root, and no other.
      }
      case Rotation.TrustBoth(Issuer next, Instant since) ->
          roots.addAll(roots(state, next, plugged));
      case Rotation.SignNew(Issuer old, Instant since) -> roots.addAll(roots(state, old, plugged));
    }
    return switch (state.active()) {
      case Issuer.Own(Authority own) -> TrustBundle.of(own, List.of(), List.copyOf(roots));
      case Issuer.Plugged() ->
          plugged == null
              ? former
              : TrustBundle.of(plugged.signer(), plugged.intermediates(), List.copyOf(roots));
    };
  }

  private static List<X509Certificate> roots(
      CaState state, Issuer issuer, @Nullable PluggedCa plugged) {
    return switch (issuer) {
      case Issuer.Own(Authority own) -> List.of(own.certificate());
      case Issuer.Plugged() -> plugged == null ? state.pluggedRoots() : plugged.roots();
    };
  }
}
