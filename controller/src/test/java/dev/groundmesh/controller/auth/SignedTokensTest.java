package dev.groundmesh.controller.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import dev.groundmesh.controller.state.StateDirectory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedTokensTest {

  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Caller CALLER =
      new Caller("shop", "a", "node-1", new PodBinding("a-1", "uid-1"));

  @TempDir Path directory;
  private TokenKey key;
  private SignedTokens tokens;

  @BeforeEach
  void makeKey() throws Exception {
    key = TokenKey.loadOrCreate(StateDirectory.open(directory), new SecureRandom());
    tokens = at(NOW);
  }

  @Test
  void tokenSpeaksForWhomItWasMade() throws Exception {
    assertThat(tokens.authenticate(tokens.issue(CALLER, Duration.ofHours(1)))).isEqualTo(CALLER);
  }

  @Test
  void tokenOfANodeIsBoundToIt() throws Exception {
    Caller agent = new Caller("istio-system", "groundmesh-node-agent", "node-1", null);
    assertThat(tokens.authenticate(tokens.issue(agent, Duration.ofHours(1)))).isEqualTo(agent);
  }

  @Test
  void tokenSurvivesARestart() throws Exception {
    String token = tokens.issue(CALLER, Duration.ofHours(1));
    TokenKey again = TokenKey.loadOrCreate(StateDirectory.open(directory), new SecureRandom());
    assertThat(
            new SignedTokens(again, Clock.fixed(NOW, ZoneOffset.UTC), Duration.ZERO)
                .authenticate(token))
        .isEqualTo(CALLER);
  }

  @Test
  void expiredTokenIsRefusedButForTheLeeway() throws Exception {
    String token = tokens.issue(CALLER, Duration.ofHours(1));
    at(NOW.plusSeconds(3605)).authenticate(token);
    assertReason(at(NOW.plusSeconds(3610)), token, Reason.EXPIRED);
  }

  @Test
  void tokenOfTheFutureIsRefusedButForTheLeeway() throws Exception {
    String token = tokens.issue(CALLER, Duration.ofHours(1));
    at(NOW.minusSeconds(9)).authenticate(token);
    assertReason(at(NOW.minusSeconds(11)), token, Reason.EXPIRED);
  }

  @Test
  void tokenForAnotherAudienceIsRefused() {
    assertReason(tokens, tokens.issue(CALLER, Duration.ofHours(1), "vault"), Reason.AUDIENCE);
  }

  @Test
  void tokenOfAnotherKeyIsRefused(@TempDir Path other) throws Exception {
    TokenKey stranger = TokenKey.loadOrCreate(StateDirectory.open(other), new SecureRandom());
    String token =
        new SignedTokens(stranger, Clock.fixed(NOW, ZoneOffset.UTC), Duration.ZERO)
            .issue(CALLER, Duration.ofHours(1));
    assertReason(tokens, token, Reason.MALFORMED);
  }

  @Test
  void changedClaimsAreRefused() {
    String[] parts = tokens.issue(CALLER, Duration.ofHours(1)).split("\\.", -1);
    String claims = decode(parts[1]).replace("shop", "bank");
    assertReason(tokens, parts[0] + '.' + encode(claims) + '.' + parts[2], Reason.FORGED);
  }

  @Test
  void algorithmCannotBeChosenByTheToken() {
    String[] parts = tokens.issue(CALLER, Duration.ofHours(1)).split("\\.", -1);
    String none = encode("{\"alg\":\"none\",\"kid\":\"" + key.id() + "\"}");
    assertReason(tokens, none + '.' + parts[1] + '.' + parts[2], Reason.MALFORMED);
    String symmetric = encode("{\"alg\":\"HS256\",\"kid\":\"" + key.id() + "\"}");
    assertReason(tokens, symmetric + '.' + parts[1] + '.' + parts[2], Reason.MALFORMED);
  }

  @Test
  void ambiguousHeaderIsRefused() {
    String[] parts = tokens.issue(CALLER, Duration.ofHours(1)).split("\\.", -1);
    String twice = encode("{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"" + key.id() + "\"}");
    assertReason(tokens, twice + '.' + parts[1] + '.' + parts[2], Reason.MALFORMED);
    String critical = encode("{\"alg\":\"ES256\",\"crit\":[\"x\"],\"kid\":\"" + key.id() + "\"}");
    assertReason(tokens, critical + '.' + parts[1] + '.' + parts[2], Reason.MALFORMED);
  }

  @Test
  void zeroSignatureIsRefused() {
    String[] parts = tokens.issue(CALLER, Duration.ofHours(1)).split("\\.", -1);
    String zeros = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);
    assertReason(tokens, parts[0] + '.' + parts[1] + '.' + zeros, Reason.FORGED);
  }

  @Test
  void tokenHasOneSpelling() {
    String token = tokens.issue(CALLER, Duration.ofHours(1));
    assertReason(tokens, token + "==", Reason.MALFORMED);
    assertReason(tokens, token + '.', Reason.MALFORMED);
    assertReason(tokens, ' ' + token, Reason.MALFORMED);
  }

  @Test
  void whatIsNoTokenIsRefused() {
    for (String text : new String[] {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "x".repeat(9000)}) {
      assertReason(tokens, text, Reason.MALFORMED);
    }
  }

  private SignedTokens at(Instant now) {
    return new SignedTokens(key, Clock.fixed(now, ZoneOffset.UTC), Duration.ofSeconds(10));
  }

  private static void assertReason(SignedTokens tokens, String token, Reason reason) {
    assertThatThrownBy(() -> tokens.authenticate(token))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String text) {
    return new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
