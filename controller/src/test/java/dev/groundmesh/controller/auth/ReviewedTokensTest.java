package dev.groundmesh.controller.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.TokenReviews.Review;
import dev.groundmesh.controller.metrics.MetricRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReviewedTokensTest {

  private static final Map<String, List<String>> BOUND =
      Map.of(
          "authentication.kubernetes.io/node-name", List.of("node-1"),
          "authentication.kubernetes.io/pod-name", List.of("agent-x"),
          "authentication.kubernetes.io/pod-uid", List.of("uid-x"));

  private volatile Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private final AtomicInteger asked = new AtomicInteger();
  private volatile TokenReviews api =
      (token, audience) ->
          new Review.Genuine("system:serviceaccount:istio-system:groundmesh-agent", BOUND);
  private final ReviewedTokens tokens = tokens(2, 10);

  @AfterEach
  void stop() {
    tokens.close();
  }

  @Test
  void genuineTokenTellsAccountNodeAndPod() throws Exception {
    Caller caller = known(token(Duration.ofHours(1)));
    assertThat(caller.account()).isEqualTo("istio-system/groundmesh-agent");
    assertThat(caller.node()).isEqualTo("node-1");
    assertThat(caller.pod()).isEqualTo(new Caller.PodBinding("agent-x", "uid-x"));
  }

  @Test
  void secondCallWithTheSameTokenIsNotAskedAbout() throws Exception {
    String token = token(Duration.ofHours(1));
    known(token);
    known(token);
    assertThat(asked).hasValue(1);
  }

  @Test
  void answerIsForgottenAfterAShortWhile() throws Exception {
    String token = token(Duration.ofHours(1));
    known(token);
    now = now.plus(ReviewedTokens.REMEMBERED);
    known(token);
    assertThat(asked).hasValue(2);
  }

  @Test
  void rememberedTokenIsRefusedOnceItHasExpired() throws Exception {
    String token = token(Duration.ofSeconds(10));
    known(token);
    now = now.plusSeconds(10);
    assertThat(reason(token)).isEqualTo(Reason.EXPIRED);
  }

  @Test
  void expiredTokenIsRefusedWithoutAsking() throws Exception {
    assertThat(reason(token(Duration.ofSeconds(-1)))).isEqualTo(Reason.EXPIRED);
    assertThat(asked).hasValue(0);
  }

  @Test
  void tokenForAnotherAudienceIsRefusedWithoutAsking() throws Exception {
    assertThat(reason(token("vault", now.plusSeconds(60)))).isEqualTo(Reason.AUDIENCE);
    assertThat(asked).hasValue(0);
  }

  @Test
  void tokenThatIsNoneIsRefusedWithoutAsking() throws Exception {
    for (String token : List.of("", "x", "a.b", "a.%%%.c", "a.bm90IGpzb24.c", "....")) {
      assertThat(reason(token)).as(token).isEqualTo(Reason.MALFORMED);
    }
    assertThat(asked).hasValue(0);
  }

  @Test
  void tokenThatTheApiServerDoesNotKnowIsRefusedEachTime() throws Exception {
    api = (token, audience) -> new Review.Refused("signature is invalid");
    String token = token(Duration.ofHours(1));
    assertThat(reason(token)).isEqualTo(Reason.FORGED);
    assertThat(reason(token)).isEqualTo(Reason.FORGED);
    assertThat(asked).hasValue(2);
  }

  @Test
  void userThatIsNoServiceAccountIsRefused() throws Exception {
    api = (token, audience) -> new Review.Genuine("admin", Map.of());
    assertThat(reason(token(Duration.ofHours(1)))).isEqualTo(Reason.NOT_TRUSTED);
  }

  @Test
  void whileTheApiServerIsAwayNothingIsDecided() throws Exception {
    api =
        (token, audience) -> {
          throw new IOException("connection refused");
        };
    String token = token(Duration.ofHours(1));
    assertThat(reason(token)).isEqualTo(Reason.UNDECIDED);
    api = (again, audience) -> new Review.Genuine("system:serviceaccount:a:b", Map.of());
    assertThat(known(token).account()).isEqualTo("a/b");
  }

  @Test
  void moreTokensThanCanBeAskedAboutAreLeftUndecidedAtOnce() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    TokenReviews slow =
        (token, audience) -> {
          try {
            answer.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          return new Review.Refused("late");
        };
    api = slow;
    try (ReviewedTokens few = tokens(1, 1)) {
      CompletableFuture<Reason> first = reasonLater(few, token(Duration.ofHours(1)));
      CompletableFuture<Reason> second = reasonLater(few, token(Duration.ofHours(2)));
      assertThat(reasonLater(few, token(Duration.ofHours(3))).get(5, TimeUnit.SECONDS))
          .isEqualTo(Reason.UNDECIDED);
      answer.countDown();
      assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo(Reason.FORGED);
      assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo(Reason.FORGED);
    }
  }

  @Test
  void tokenThatWaitedTooLongIsLeftUndecided() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch asking = new CountDownLatch(1);
    api =
        (token, audience) -> {
          asking.countDown();
          try {
            answer.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          return new Review.Refused("late");
        };
    try (ReviewedTokens one = tokens(1, 1)) {
      CompletableFuture<Reason> first = reasonLater(one, token(Duration.ofHours(1)));
      CompletableFuture<Reason> second = reasonLater(one, token(Duration.ofHours(2)));
      asking.await();
      now = now.plus(ReviewedTokens.PATIENCE).plusMillis(1);
      answer.countDown();
      first.get(5, TimeUnit.SECONDS);
      assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo(Reason.UNDECIDED);
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void numberOfRememberedAnswersIsBounded() throws Exception {
    for (int i = 0; i < ReviewedTokens.MAX_REMEMBERED + 10; i++) {
      known(token(Duration.ofSeconds(1000 + i)));
    }
    assertThat(tokens.size()).isEqualTo(ReviewedTokens.MAX_REMEMBERED);
  }

  private ReviewedTokens tokens(int threads, int waiting) {
    InstantSource source = () -> now;
    Clock clock = source.withZone(ZoneOffset.UTC);
    return new ReviewedTokens(
        (token, audience) -> {
          asked.incrementAndGet();
          return api.review(token, audience);
        },
        clock,
        new MetricRegistry(),
        threads,
        waiting);
  }

  private String token(Duration lifetime) {
    return token("istio-ca", now.plus(lifetime));
  }

  private static String token(String audience, Instant expiry) {
    String claims =
        "{\"aud\":[\"" + audience + "\"],\"exp\":" + expiry.getEpochSecond() + ",\"sub\":\"x\"}";
    return "e30."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2ln";
  }

  private Caller known(String token) throws Exception {
    CompletableFuture<Caller> found = new CompletableFuture<>();
    tokens.authenticate(
        token,
        new TokenAuthenticator.Answer() {
          @Override
          public void known(Caller caller) {
            found.complete(caller);
          }

          @Override
          public void refused(AuthenticationException reason) {
            found.completeExceptionally(reason);
          }
        });
    return found.get(10, TimeUnit.SECONDS);
  }

  private Reason reason(String token) throws Exception {
    return reasonLater(tokens, token).get(10, TimeUnit.SECONDS);
  }

  private static CompletableFuture<Reason> reasonLater(ReviewedTokens by, String token) {
    CompletableFuture<Reason> found = new CompletableFuture<>();
    by.authenticate(
        token,
        new TokenAuthenticator.Answer() {
          @Override
          public void known(Caller caller) {
            found.completeExceptionally(new AssertionError("known: " + caller));
          }

          @Override
          public void refused(AuthenticationException reason) {
            found.complete(reason.reason());
          }
        });
    return found;
  }
}
