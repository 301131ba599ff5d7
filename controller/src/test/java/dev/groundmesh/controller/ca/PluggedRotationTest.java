package dev.groundmesh.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.ca.StoredTrust.RotationException;
import dev.groundmesh.controller.state.StateException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A CA that users plug into a mesh that replicas share. */
class PluggedRotationTest {

  private final Certificates certificates = new Certificates(new SecureRandom());
  private final MemoryStore store = new MemoryStore();
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private @Nullable Map<String, String> plugged;

  @Test
  void pluggedInBeforeTheFirstStartItSignsAtOnce() throws Exception {
    Authority corporate = root();
    plug(corporate, corporate);
    StoredTrust trust = started();
    assertThat(trust.phase()).isEqualTo("PLUGGED");
    assertThat(signer(trust)).isEqualTo(corporate.certificate());
  }

  @Test
  void pluggedIntoARunningMeshItIsTrustedBeforeItSigns() throws Exception {
    StoredTrust trust = started();
    X509Certificate own = signer(trust);
    trust.issued(Duration.ofHours(24));
    trust.saveGranted();
    Authority corporate = root();
    plug(corporate, corporate);
    trust.refresh();
    trust.advance();
    assertThat(trust.phase()).isEqualTo("TRUST_BOTH");
    assertThat(signer(trust)).isEqualTo(own);
    assertThat(roots(trust)).containsExactly(own, corporate.certificate());

    now = now.plus(Duration.ofHours(11));
    trust.advance();
    assertThat(trust.phase()).isEqualTo("TRUST_BOTH");
    now = now.plus(Duration.ofHours(1));
    trust.advance();
    assertThat(trust.phase()).isEqualTo("SIGN_NEW");
    assertThat(signer(trust)).isEqualTo(corporate.certificate());
    assertThat(roots(trust)).containsExactly(corporate.certificate(), own);

    now = now.plus(Duration.ofHours(24));
    trust.advance();
    assertThat(trust.phase()).isEqualTo("PLUGGED");
    assertThat(roots(trust)).containsExactly(corporate.certificate());
  }

  @Test
  void eachPhaseIsTheSameForAReplicaThatComesLater() throws Exception {
    StoredTrust trust = started();
    Authority corporate = root();
    plug(corporate, corporate);
    trust.refresh();
    for (String phase : List.of("TRUST_BOTH", "SIGN_NEW", "PLUGGED")) {
      trust.advance();
      StoredTrust later = started();
      assertThat(trust.phase()).isEqualTo(phase);
      assertThat(later.phase()).isEqualTo(phase);
      assertThat(signer(later)).isEqualTo(signer(trust));
      assertThat(roots(later)).isEqualTo(roots(trust));
    }
  }

  @Test
  void takenAwayBeforeItSignsTheOwnRootStays() throws Exception {
    StoredTrust trust = started();
    Authority corporate = root();
    plug(corporate, corporate);
    trust.refresh();
    trust.advance();
    plugged = null;
    trust.refresh();
    trust.advance();
    assertThat(trust.phase()).isEqualTo("STEADY");
    assertThat(roots(trust)).hasSize(1).doesNotContain(corporate.certificate());
  }

  @Test
  void brokenOneLeavesTheOwnRootInForceAndIsTold() throws Exception {
    StoredTrust trust = started();
    X509Certificate own = signer(trust);
    plug(root(), root());
    trust.refresh();
    trust.advance();
    assertThat(trust.phase()).isEqualTo("STEADY");
    assertThat(signer(trust)).isEqualTo(own);
    assertThat(trust.problem()).contains("cert-chain.pem");
  }

  @Test
  void changedForABrokenOneLeavesTheFormerInForce() throws Exception {
    Authority corporate = root();
    plug(corporate, corporate);
    StoredTrust trust = started();
    plug(root(), root());
    trust.refresh();
    assertThat(signer(trust)).isEqualTo(corporate.certificate());
    assertThat(trust.problem()).contains("plugged-in CA");
  }

  @Test
  void goneWhileItSignsTheFormerStaysInForce() throws Exception {
    Authority corporate = root();
    plug(corporate, corporate);
    StoredTrust trust = started();
    plugged = null;
    trust.refresh();
    assertThat(signer(trust)).isEqualTo(corporate.certificate());
    assertThat(trust.problem()).contains("gone");
  }

  @Test
  void replicaThatStartsWhileItIsGoneMakesNoOtherRoot() throws Exception {
    Authority corporate = root();
    plug(corporate, corporate);
    started();
    plugged = null;
    StoredTrust late = trust();
    assertThatThrownBy(late::refresh)
        .isInstanceOf(StateException.class)
        .hasMessageContaining("gone");
    assertThat(late.current()).isNull();
  }

  @Test
  void expiredRootMakesNoRootAtTheFirstStart() throws Exception {
    Authority expired =
        certificates.root("corp", now.minus(Duration.ofDays(10)), Duration.ofDays(5));
    plug(expired, expired);
    StoredTrust trust = trust();
    assertThatThrownBy(trust::refresh)
        .isInstanceOf(StateException.class)
        .hasMessageContaining("ca-cert.pem: valid from")
        .hasMessageContaining("no root is made up");
    assertThat(store.stored).isNull();
  }

  @Test
  void mendedAfterAFailedFirstStartItSignsWithoutARestart() throws Exception {
    Authority expired =
        certificates.root("corp", now.minus(Duration.ofDays(10)), Duration.ofDays(5));
    plug(expired, expired);
    StoredTrust trust = trust();
    assertThatThrownBy(trust::refresh).isInstanceOf(StateException.class);
    Authority corporate = root();
    plug(corporate, corporate);
    trust.refresh();
    assertThat(trust.phase()).isEqualTo("PLUGGED");
    assertThat(signer(trust)).isEqualTo(corporate.certificate());
  }

  @Test
  void rootThatNobodyTrustsYetIsRefusedUntilItIsHandedOutBesideTheFormer() throws Exception {
    Authority first = root();
    plug(first, first);
    StoredTrust trust = started();
    Authority second = root();
    plug(second, second);
    trust.refresh();
    assertThat(signer(trust)).isEqualTo(first.certificate());
    assertThat(trust.problem()).contains("a root leads to which the mesh trusts already");

    plug(first, first, second);
    trust.refresh();
    assertThat(roots(trust)).containsExactly(first.certificate(), second.certificate());
    plug(second, first, second);
    trust.refresh();
    assertThat(signer(trust)).isEqualTo(second.certificate());
    plug(second, second);
    trust.refresh();
    assertThat(roots(trust)).containsExactly(second.certificate());
    assertThat(trust.problem()).isEmpty();
  }

  @Test
  void rotationIsTheUsersWhileACaIsPluggedIn() throws Exception {
    Authority corporate = root();
    plug(corporate, corporate);
    StoredTrust trust = started();
    assertThatThrownBy(() -> trust.rotate(true))
        .isInstanceOf(RotationException.class)
        .hasMessageContaining("plugged in");
  }

  @Test
  void ownRootNearItsEndIsRotated() throws Exception {
    StoredTrust trust = started();
    now = now.plus(StoredTrust.ROOT_LIFETIME).minus(StoredTrust.ROOT_RENEWAL);
    trust.advance();
    assertThat(trust.phase()).isEqualTo("TRUST_BOTH");
  }

  @Test
  void storeThatCannotBeAskedLeavesAllAsItWas() throws Exception {
    StoredTrust trust = started();
    X509Certificate own = signer(trust);
    store.down = true;
    assertThatThrownBy(trust::refresh).isInstanceOf(StateException.class);
    assertThat(signer(trust)).isEqualTo(own);
    store.down = false;
    trust.refresh();
    assertThat(trust.problem()).isEmpty();
  }

  private Authority root() throws Exception {
    return certificates.root("corp", now, Duration.ofDays(3650));
  }

  private void plug(Authority signer, Authority... roots) throws Exception {
    Map<String, String> files = new HashMap<>();
    files.put(PluggedCa.CERTIFICATE, Pem.of(signer.certificate()));
    files.put(PluggedCa.KEY, Pem.of(signer.key()));
    files.put(PluggedCa.CHAIN, "");
    StringBuilder pem = new StringBuilder();
    for (Authority root : roots) {
      pem.append(Pem.of(root.certificate()));
    }
    files.put(PluggedCa.ROOTS, pem.toString());
    plugged = files;
  }

  private StoredTrust started() throws StateException {
    StoredTrust trust = trust();
    trust.refresh();
    return trust;
  }

  private StoredTrust trust() {
    InstantSource source = () -> now;
    Clock clock = source.withZone(ZoneOffset.UTC);
    return new StoredTrust(
        store,
        () -> Optional.ofNullable(plugged),
        certificates,
        "cluster.local",
        clock,
        Duration.ZERO);
  }

  private static X509Certificate signer(StoredTrust trust) {
    return Objects.requireNonNull(trust.current()).signer().certificate();
  }

  private static List<X509Certificate> roots(StoredTrust trust) {
    return Objects.requireNonNull(trust.current()).roots();
  }

  /** A store that counts versions, as the API server does. */
  private static final class MemoryStore implements CaStateStore {
    @Nullable Stored stored;
    boolean down;
    private int version;

    @Override
    public Optional<Stored> read() throws StateException {
      if (down) {
        throw new StateException("store", "is down", null);
      }
      return Optional.ofNullable(stored);
    }

    @Override
    public Optional<Stored> write(String text, @Nullable String expected) {
      Stored present = stored;
      if (!Objects.equals(expected, present == null ? null : present.version())) {
        return Optional.empty();
      }
      stored = new Stored(text, String.valueOf(++version));
      return Optional.of(stored);
    }

    @Override
    public String place() {
      return "store";
    }
  }
}
