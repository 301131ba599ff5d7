package dev.groundmesh.tunnel.tls;

import static dev.groundmesh.tunnel.tls.TestAuthority.NOW;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.IOException;
import java.net.ConnectException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CertificateManagerTest {
  private static final Duration DAY = Duration.ofHours(24);
  private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
  private static final SpiffeId DB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/db");
  private static final TestAuthority ROOT = TestAuthority.root("cluster.local");

  private final ManualScheduler scheduler = new ManualScheduler(NOW);
  private final HeldAuthority authority = new HeldAuthority();
  private final RememberingKeeper keeper = new RememberingKeeper();
  private final CertificateManager manager =
      new CertificateManager(
          authority,
          keeper,
          DAY,
          TlsSettings.DEFAULT,
          new PeerVerification(Revocations.none(), scheduler),
          scheduler,
          scheduler,
          new Random(1));

  @AfterEach
  void close() {
    manager.close();
    scheduler.run();
  }

  @Test
  void aCertificateIsFetchedWhenTheFirstPodOfItsIdentityAppears() {
    manager.hold(CART);
    scheduler.run();
    assertThat(manager.current(CART)).isNull();
    assertThat(status(CART).state()).isEqualTo(CertificateState.INITIALIZING);

    authority.answer(CART);

    assertThat(manager.current(CART)).isNotNull();
    assertThat(status(CART).state()).isEqualTo(CertificateState.AVAILABLE);
    assertThat(authority.asked).containsExactly(CART);
    assertThat(authority.validity).isEqualTo(DAY);
  }

  @Test
  void severalPodsOfOneIdentityShareOneCertificate() {
    manager.hold(CART);
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    manager.drop(CART);
    scheduler.run();

    assertThat(authority.asked).containsExactly(CART);
    assertThat(manager.current(CART)).isNotNull();
  }

  @Test
  void theCertificateIsForgottenWithTheLastPod() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    assertThat(manager.current(CART)).isNotNull();

    manager.drop(CART);
    scheduler.run();

    assertThat(manager.current(CART)).isNull();
    assertThat(scheduler.pendingTimers()).isZero();
  }

  @Test
  void anIdentityThatNoPodHoldsInTimeIsRefused() {
    CompletableFuture<TlsIdentity> required = manager.require(CART);
    scheduler.advance(Duration.ofSeconds(4));
    assertThat(required).isNotDone();

    scheduler.advance(Duration.ofSeconds(1));

    assertThat(failureOf(required)).contains("expected: one of a pod of this node");
    assertThat(authority.asked).isEmpty();
  }

  @Test
  void trafficThatComesBeforeItsPodIsHeldWaitsForTheCertificate() {
    CompletableFuture<TlsIdentity> required = manager.require(CART);
    scheduler.advance(Duration.ofSeconds(4));
    manager.hold(CART);
    scheduler.advance(Duration.ofSeconds(2));
    assertThat(required).isNotDone();

    authority.answer(CART);

    assertThat(required).isCompletedWithValue(manager.current(CART));
  }

  @Test
  void anAnswerForAnIdentityThatIsGoneIsIgnored() {
    manager.hold(CART);
    scheduler.run();
    manager.drop(CART);
    manager.hold(CART);
    scheduler.run();

    authority.answer(CART);
    assertThat(manager.current(CART)).isNull();
    authority.answer(CART);
    assertThat(manager.current(CART)).isNotNull();
  }

  @Test
  void whatTrafficNeedsIsAskedForBeforeWhatIsPrefetched() {
    List<SpiffeId> many = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      many.add(SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/s" + i));
      manager.hold(many.get(i));
    }
    scheduler.run();
    assertThat(authority.asked).containsExactlyElementsOf(many.subList(0, 8));

    CompletableFuture<TlsIdentity> needed = manager.require(many.get(11));
    scheduler.run();
    authority.answer(many.get(0));

    assertThat(authority.asked.getLast()).isEqualTo(many.get(11));
    authority.answer(many.get(11));
    assertThat(needed).isCompleted();
  }

  @Test
  void requireWaitsForTheFirstCertificateAndIsThenImmediate() {
    manager.hold(CART);
    CompletableFuture<TlsIdentity> first = manager.require(CART);
    scheduler.run();
    assertThat(first).isNotDone();

    authority.answer(CART);

    assertThat(first).isCompletedWithValue(manager.current(CART));
    assertThat(manager.require(CART)).isCompleted();
    assertThat(authority.asked).containsExactly(CART);
  }

  @Test
  void renewalIsAtHalfLifeAndKeepsTheSameObject() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    TlsIdentity identity = requireNonNull(manager.current(CART));
    var serial = identity.workload().serialNumber();

    scheduler.advance(Duration.ofHours(11));
    assertThat(authority.asked).hasSize(1);
    scheduler.advance(Duration.ofHours(2));
    assertThat(authority.asked).hasSize(2);
    authority.answer(CART);

    assertThat(manager.current(CART)).isSameAs(identity);
    assertThat(identity.workload().serialNumber()).isNotEqualTo(serial);
  }

  @Test
  void aRenewalThatFailsKeepsTheValidCertificateUntilItExpires() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    authority.refusing = "the service is down";
    scheduler.advance(Duration.ofHours(23));

    assertThat(manager.current(CART)).isNotNull();
    CertificateStatus status = status(CART);
    assertThat(status.state()).isEqualTo(CertificateState.AVAILABLE);
    assertThat(status.lastError()).isEqualTo("the service is down");

    scheduler.advance(Duration.ofHours(2));

    assertThat(manager.current(CART)).isNull();
    assertThat(status(CART).state()).isEqualTo(CertificateState.UNAVAILABLE);
    assertThat(failureOf(manager.require(CART))).contains("the service is down");

    authority.refusing = null;
    scheduler.advance(Duration.ofSeconds(151));
    authority.answer(CART);
    assertThat(manager.current(CART)).isNotNull();
  }

  @Test
  void attemptsBackOffFromASecondToTwoAndAHalfMinutes() {
    authority.refusing = "no";
    manager.hold(CART);
    scheduler.run();
    List<Duration> delays = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Instant next = status(CART).nextAttempt();
      assertThat(next).isNotNull();
      Duration delay = Duration.between(scheduler.instant(), next);
      delays.add(delay);
      scheduler.advance(delay);
    }

    assertThat(delays.getFirst()).isBetween(Duration.ofMillis(500), Duration.ofMillis(1000));
    assertThat(delays.get(4)).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(16));
    assertThat(delays.getLast()).isEqualTo(Duration.ofSeconds(150));
    assertThat(authority.asked).hasSize(13);
  }

  @Test
  void oneIdentityThatFailsDoesNotHoldUpTheOthers() {
    manager.hold(CART);
    manager.hold(DB);
    scheduler.run();
    authority.fail(CART, "refused");
    authority.answer(DB);

    assertThat(manager.current(DB)).isNotNull();
    assertThat(failureOf(manager.require(CART))).contains("refused");
    assertThat(status(CART).lastError()).isEqualTo("refused");
  }

  @Test
  void anAuthorityThatIsNotReachedAtFirstIsWaitedFor() {
    manager.hold(CART);
    CompletableFuture<TlsIdentity> before = manager.require(CART);
    scheduler.run();
    authority.unreachable(CART);
    CompletableFuture<TlsIdentity> meanwhile = manager.require(CART);
    scheduler.run();
    assertThat(before).isNotDone();
    assertThat(meanwhile).isNotDone();

    scheduler.advance(Duration.ofSeconds(1));
    authority.answer(CART);

    assertThat(before).isCompleted();
    assertThat(meanwhile).isCompleted();
    assertThat(authority.asked).hasSize(2);
  }

  @Test
  void anAuthorityThatStaysUnreachedIsNotWaitedFor() {
    manager.hold(CART);
    CompletableFuture<TlsIdentity> required = manager.require(CART);
    scheduler.run();
    authority.unreachable(CART);
    scheduler.advance(Duration.ofSeconds(1));
    authority.unreachable(CART);
    scheduler.advance(Duration.ofSeconds(2));
    authority.unreachable(CART);

    assertThat(failureOf(required)).contains("nobody");
    assertThat(failureOf(manager.require(CART))).contains("nobody");
  }

  @Test
  void aCertificateForAnotherIdentityIsRefused() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART, List.of(DB.toString()), NOW.minusSeconds(120), NOW.plus(DAY));

    assertThat(manager.current(CART)).isNull();
    assertThat(status(CART).lastError())
        .contains("URI SAN: [" + DB + "]")
        .contains("(expected: " + CART + ")");
  }

  @Test
  void aCertificateThatNamesMoreThanWasAskedForIsRefused() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(
        CART, List.of(CART.toString(), DB.toString()), NOW.minusSeconds(120), NOW.plus(DAY));

    assertThat(manager.current(CART)).isNull();
  }

  @Test
  void aClockThatIsSomeMinutesBehindIsLivedWith() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(
        CART, List.of(CART.toString()), NOW.plus(Duration.ofMinutes(4)), NOW.plus(DAY));

    assertThat(manager.current(CART)).isNotNull();
  }

  @Test
  void aClockThatIsFarOffIsNot() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(
        CART, List.of(CART.toString()), NOW.plus(Duration.ofMinutes(6)), NOW.plus(DAY));
    assertThat(manager.current(CART)).isNull();
    assertThat(status(CART).lastError()).contains("not before").contains("check the clocks");

    scheduler.advance(Duration.ofSeconds(1));
    authority.answer(CART, List.of(CART.toString()), NOW.minus(DAY), NOW.minusSeconds(1));
    assertThat(status(CART).lastError()).contains("not after").contains("check the clocks");
  }

  @Test
  void aCertificateThatComesHalfRunOutIsNotAskedForInALoop() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART, List.of(CART.toString()), NOW.minus(DAY), NOW.plusSeconds(3600));

    scheduler.advance(Duration.ofSeconds(9));
    assertThat(authority.asked).hasSize(1);
    scheduler.advance(Duration.ofSeconds(2));
    assertThat(authority.asked).hasSize(2);
  }

  @Test
  void answersThatAreNoChainAreRefused() {
    for (List<String> answer :
        List.of(
            List.<String>of(),
            List.of("x"),
            List.of("x", "y"),
            List.of(TestAuthority.pem(ROOT.certificate())))) {
      manager.hold(CART);
      scheduler.run();
      authority.complete(CART, answer);
      assertThat(manager.current(CART)).isNull();
      assertThat(status(CART).lastError()).isNotBlank();
      manager.drop(CART);
      scheduler.run();
    }
  }

  @Test
  void severalRootsInTheLastElementAreAllTrusted() {
    TestAuthority next = TestAuthority.root("cluster.local");
    manager.hold(CART);
    scheduler.run();
    X509Certificate leaf =
        ROOT.sign(
            authority.csr(CART), List.of(CART.toString()), NOW.minusSeconds(120), NOW.plus(DAY));
    authority.complete(
        CART,
        List.of(
            TestAuthority.pem(leaf),
            TestAuthority.pem(ROOT.certificate()) + TestAuthority.pem(next.certificate())));

    TlsIdentity identity = requireNonNull(manager.current(CART));
    assertThat(identity.workload().roots()).containsExactly(ROOT.certificate(), next.certificate());
  }

  @Test
  void theRequestIsWhatTheServiceExpects() throws Exception {
    manager.hold(CART);
    scheduler.run();

    var request = TestAuthority.request(authority.csr(CART));

    assertThat(request.getSubject().getRDNs()).isEmpty();
    assertThat(request.getPublicKey().getAlgorithm()).isEqualTo("EC");
    var extensions = request.getRequestedExtensions();
    var san = extensions.getExtension(Extension.subjectAlternativeName);
    assertThat(san.isCritical()).isTrue();
    var names = GeneralNames.getInstance(san.getParsedValue()).getNames();
    assertThat(names).hasSize(1);
    assertThat(names[0].getName()).hasToString(CART.toString());
  }

  @Test
  void anAuthorityThatThrowsIsARefusal() {
    authority.throwing = true;
    manager.hold(CART);
    scheduler.run();

    assertThat(status(CART).lastError()).isEqualTo("thrown");
  }

  private CertificateStatus status(SpiffeId id) {
    CompletableFuture<List<CertificateStatus>> statuses = manager.statuses();
    scheduler.run();
    return statuses.join().stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow();
  }

  private String failureOf(CompletableFuture<TlsIdentity> future) {
    scheduler.run();
    assertThat(future).isCompletedExceptionally();
    Throwable failure = future.exceptionNow();
    assertThat(failure).isInstanceOf(CertificateUnavailableException.class);
    return requireNonNull(failure.getMessage());
  }

  /** Answers when the test says so. */
  @Test
  void whatWasKeptIsUsedAtOnceAndReplacedByTheAuthoritysAnswer() {
    keeper.kept.put(CART, kept(NOW.plus(DAY)));
    manager.hold(CART);
    scheduler.run();
    TlsIdentity restored = manager.current(CART);
    assertThat(restored).isNotNull();

    authority.answer(CART);

    assertThat(manager.current(CART)).isSameAs(restored);
    assertThat(keeper.kept.get(CART)).isSameAs(status(CART).workload());
  }

  @Test
  void whatWasKeptStaysInUseWhileTheAuthorityRefuses() {
    keeper.kept.put(CART, kept(NOW.plus(DAY)));
    manager.hold(CART);
    scheduler.run();

    authority.fail(CART, "away");

    assertThat(manager.current(CART)).isNotNull();
    assertThat(status(CART).state()).isEqualTo(CertificateState.AVAILABLE);
  }

  @Test
  void whatWasKeptAndHasExpiredIsNotUsed() {
    keeper.kept.put(CART, kept(NOW.minusSeconds(1)));
    manager.hold(CART);
    scheduler.run();

    assertThat(manager.current(CART)).isNull();
  }

  @Test
  void whatIsKeptGoesWithTheLastPodButNotWithTheProcess() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    manager.close();
    scheduler.run();
    assertThat(keeper.kept).containsKey(CART);
  }

  @Test
  void keyOfAnIdentityThatLeftTheNodeIsNotKept() {
    manager.hold(CART);
    scheduler.run();
    authority.answer(CART);
    assertThat(keeper.kept).containsKey(CART);

    manager.drop(CART);
    scheduler.run();

    assertThat(keeper.kept).isEmpty();
  }

  /** An identity as an earlier process would have kept it. */
  private static WorkloadIdentity kept(Instant notAfter) {
    try {
      CertificateSigningRequest request = CertificateSigningRequest.of(CART);
      X509Certificate leaf =
          ROOT.sign(request.pem(), List.of(CART.toString()), NOW.minusSeconds(7200), notAfter);
      return new WorkloadIdentity(
          CART, request.keys().getPrivate(), List.of(leaf), List.of(ROOT.certificate()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static final class RememberingKeeper implements CertificateKeeper {
    private final Map<SpiffeId, WorkloadIdentity> kept = new HashMap<>();

    @Override
    public @Nullable WorkloadIdentity kept(SpiffeId id) {
      return kept.get(id);
    }

    @Override
    public void keep(WorkloadIdentity workload) {
      kept.put(workload.id(), workload);
    }

    @Override
    public void forget(SpiffeId id) {
      kept.remove(id);
    }
  }

  private final class HeldAuthority implements CertificateAuthority {
    private record Pending(SpiffeId id, String csr, CompletableFuture<List<String>> answer) {}

    private final List<Pending> pending = new ArrayList<>();
    private final List<SpiffeId> asked = new ArrayList<>();
    private Duration validity = Duration.ZERO;
    private @Nullable String refusing;
    private boolean throwing;

    @Override
    public CompletionStage<List<String>> sign(SpiffeId id, String csr, Duration requested) {
      if (throwing) {
        throw new IllegalStateException("thrown");
      }
      asked.add(id);
      validity = requested;
      CompletableFuture<List<String>> answer = new CompletableFuture<>();
      if (refusing != null) {
        answer.completeExceptionally(new IOException(refusing));
      } else {
        pending.add(new Pending(id, csr, answer));
      }
      return answer;
    }

    String csr(SpiffeId id) {
      return pending.stream().filter(p -> p.id.equals(id)).findFirst().orElseThrow().csr;
    }

    void answer(SpiffeId id) {
      Instant now = scheduler.instant();
      answer(id, List.of(id.toString()), now.minusSeconds(120), now.plus(DAY));
    }

    void answer(SpiffeId id, List<String> uris, Instant notBefore, Instant notAfter) {
      X509Certificate leaf = ROOT.sign(csr(id), uris, notBefore, notAfter);
      complete(id, List.of(TestAuthority.pem(leaf), TestAuthority.pem(ROOT.certificate())));
    }

    void complete(SpiffeId id, List<String> chain) {
      take(id).answer.complete(chain);
      scheduler.run();
    }

    void unreachable(SpiffeId id) {
      take(id).answer.completeExceptionally(new ConnectException("nobody"));
      scheduler.run();
    }

    void fail(SpiffeId id, String why) {
      take(id).answer.completeExceptionally(new IOException(why));
      scheduler.run();
    }

    private Pending take(SpiffeId id) {
      for (Iterator<Pending> i = pending.iterator(); i.hasNext(); ) {
        Pending one = i.next();
        if (one.id.equals(id)) {
          i.remove();
          return one;
        }
      }
      throw new AssertionError("nothing asked for " + id);
    }
  }
}
