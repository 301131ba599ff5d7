package dev.groundmesh.controller.auth;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.groundmesh.controller.state.StateDirectory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;

class SignedTokensFuzzTest {

  private static final TokenKey KEY = key();
  private static final SignedTokens TOKENS =
      new SignedTokens(KEY, Clock.systemUTC(), Duration.ZERO);

  @FuzzTest(maxDuration = "30s")
  void tokenIsRefusedOrSpeaksForSomeone(FuzzedDataProvider data) throws Exception {
    String token =
        switch (data.consumeInt(0, 2)) {
          case 0 -> data.consumeRemainingAsString();
          case 1 -> encode(data.consumeString(200)) + '.' + encode(data.consumeString(800)) + ".AA";
          // Signed as ours, so that the claims are read.
          default -> signed(data.consumeRemainingAsString());
        };
    try {
      TOKENS.authenticate(token);
    } catch (AuthenticationException e) {
      // What a parser of strangers' input is for.
    }
  }

  private static String signed(String claims) throws Exception {
    String content =
        encode("{\"alg\":\"ES256\",\"kid\":\"" + KEY.id() + "\"}") + '.' + encode(claims);
    return content
        + '.'
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(KEY.sign(content.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static TokenKey key() {
    try {
      return TokenKey.loadOrCreate(
          StateDirectory.open(Files.createTempDirectory("token-fuzz")), new SecureRandom());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
