package dev.groundmesh.controller.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import dev.groundmesh.controller.auth.TokenReviews.Review;
import dev.groundmesh.controller.metrics.MetricRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes service account tokens, for the audience {@code istio-ca}.
 *
 * <p>Whether a token is genuine is for the API server to say. What a token says of itself is used
 * only to refuse it without asking: one that has expired, or was made for someone else. Answers
 * that were positive are remembered for a short while, never beyond the token's own end, by a hash
 * of the token. When the API server does not answer, or more tokens wait than can be asked about,
 * callers are told to come back later; who is connected stays so. Thread-safe.
 */
public final class ReviewedTokens implements TokenAuthenticator, AutoCloseable {

  /** How long a positive answer is good for. */
  static final Duration REMEMBERED = Duration.ofSeconds(60);

  /** Answers that are remembered; a token's digest and caller are below half a kilobyte. */
  static final int MAX_REMEMBERED = 10_000;

  /** Who has waited longer is told to come back: behind it are others that wait too. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int MAX_LENGTH = 16 << 10;
  private static final String USER_PREFIX = "system:serviceaccount:";
  private static final String NODE = "authentication.kubernetes.io/node-name";
  private static final String POD = "authentication.kubernetes.io/pod-name";
  private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(8)
                      .maxStringLength(MAX_LENGTH)
                      .build())
              .build());

  private final TokenReviews reviews;
  private final Clock clock;
  private final ThreadPoolExecutor threads;
  private final MetricRegistry.Counter remembered;
  private final MetricRegistry.Counter asked;

  private record Known(Caller caller, Instant until) {}

  private record Claims(Instant expiry) {}

  private final Map<String, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  /**
   * @param maxThreads tokens that are asked about at a time
   * @param maxWaiting tokens that wait for that
   */
  public ReviewedTokens(
      TokenReviews reviews, Clock clock, MetricRegistry metrics, int maxThreads, int maxWaiting) {
    this.reviews = reviews;
    this.clock = clock;
    this.threads =
        new ThreadPoolExecutor(
            maxThreads,
            maxThreads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxWaiting),
            Thread.ofPlatform().name("token-review-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
    this.remembered = counter(metrics, "remembered");
    this.asked = counter(metrics, "asked");
  }

  private static MetricRegistry.Counter counter(MetricRegistry metrics, String answer) {
    return metrics.counter(
        "groundmesh_token_reviews_total",
        "Tokens looked into, by whether the API server was asked or its answer remembered.",
        "answer",
        answer);
  }

  @Override
  public void authenticate(String token, Answer answer) {
    Claims claims;
    try {
      claims = claims(token);
    } catch (AuthenticationException e) {
      answer.refused(e);
      return;
    }
    String digest = digest(token);
    Caller caller = remembered(digest);
    if (caller != null) {
      remembered.increment();
      answer.known(caller);
      return;
    }
    Instant since = clock.instant();
    try {
      threads.execute(() -> ask(token, digest, claims, since, answer));
    } catch (RejectedExecutionException e) {
      answer.refused(
          new AuthenticationException(Reason.UNDECIDED, "too many tokens wait to be looked into"));
    }
  }

  private void ask(String token, String digest, Claims claims, Instant since, Answer answer) {
    Caller caller;
    try {
      if (clock.instant().isAfter(since.plus(PATIENCE))) {
        throw new AuthenticationException(
            Reason.UNDECIDED, "the token waited for more than " + PATIENCE.toSeconds() + " s");
      }
      asked.increment();
      caller =
          switch (reviews.review(token, SignedTokens.AUDIENCE)) {
            case Review.Genuine genuine -> caller(genuine);
            case Review.Refused refused ->
                throw new AuthenticationException(
                    Reason.FORGED, "token: " + refused.reason() + " (expected: a genuine one)");
          };
    } catch (AuthenticationException e) {
      answer.refused(e);
      return;
    } catch (IOException | RuntimeException e) {
      answer.refused(
          new AuthenticationException(
              Reason.UNDECIDED, "the API server does not tell: " + e.getMessage(), e));
      return;
    }
    Instant end = clock.instant().plus(REMEMBERED);
    synchronized (known) {
      known.put(digest, new Known(caller, end.isBefore(claims.expiry) ? end : claims.expiry));
    }
    answer.known(caller);
  }

  private @Nullable Caller remembered(String digest) {
    synchronized (known) {
      Known found = known.get(digest);
      if (found == null) {
        return null;
      }
      if (clock.instant().isBefore(found.until)) {
        return found.caller;
      }
      known.remove(digest);
      return null;
    }
  }

  /** How many answers are remembered. */
  int size() {
    synchronized (known) {
      return known.size();
    }
  }

  private Claims claims(String token) throws AuthenticationException {
    if (token.length() > MAX_LENGTH) {
      throw malformed("length: " + token.length() + " (expected: at most " + MAX_LENGTH + ")");
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      throw malformed("parts: " + parts.length + " (expected: header.claims.signature)");
    }
    JsonNode claims;
    try {
      claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw malformed("claims (expected: JSON in base64url)");
    } catch (IOException e) {
      throw malformed("claims (expected: JSON)");
    }
    JsonNode expiry = claims.path("exp");
    if (!expiry.isIntegralNumber() || !expiry.canConvertToLong()) {
      throw malformed("exp (expected: seconds since 1970)");
    }
    Instant end =
        Instant.ofEpochSecond(Math.clamp(expiry.longValue(), 0, Instant.MAX.getEpochSecond()));
    if (!clock.instant().isBefore(end)) {
      throw new AuthenticationException(
          Reason.EXPIRED, "exp: " + end + " (expected: a token that has not expired)");
    }
    JsonNode audience = claims.path("aud");
    boolean ours = audience.asText().equals(SignedTokens.AUDIENCE);
    for (JsonNode one : audience) {
      ours |= one.asText().equals(SignedTokens.AUDIENCE);
    }
    if (!ours) {
      throw new AuthenticationException(
          Reason.AUDIENCE,
          "aud: " + printable(audience.toString()) + " (expected: " + SignedTokens.AUDIENCE + ")");
    }
    return new Claims(end);
  }

  private static Caller caller(Review.Genuine genuine) throws AuthenticationException {
    String[] parts =
        genuine.username().startsWith(USER_PREFIX)
            ? genuine.username().substring(USER_PREFIX.length()).split(":", -1)
            : new String[0];
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new AuthenticationException(
          Reason.NOT_TRUSTED,
          "user: " + printable(genuine.username()) + " (expected: a service account)");
    }
    String pod = first(genuine.extra(), POD);
    String uid = first(genuine.extra(), POD_UID);
    return new Caller(
        parts[0],
        parts[1],
        first(genuine.extra(), NODE),
        pod == null || uid == null ? null : new PodBinding(pod, uid));
  }

  private static @Nullable String first(Map<String, List<String>> extra, String key) {
    List<String> values = extra.get(key);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  private static AuthenticationException malformed(String message) {
    return new AuthenticationException(Reason.MALFORMED, message);
  }

  private static String printable(String text) {
    String cut = text.length() > 100 ? text.substring(0, 100) + "..." : text;
    return cut.replaceAll("[^\\x20-\\x7e]", "?");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** SHA-256 of a token: what is remembered is of no use to who reads our memory. */
  private static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
