package dev.groundmesh.controller.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The service account tokens of a mesh without Kubernetes: issued and verified by the controller
 * itself.
 *
 * <p>A token is a JWS in compact form (RFC 7515) with ES256 and nothing else, whose claims are
 * those of a projected Kubernetes service account token: {@code iss}, {@code sub}, {@code aud},
 * {@code iat}, {@code nbf}, {@code exp} and, under {@code kubernetes.io}, the namespace, service
 * account, node and pod that it is bound to. Thread-safe.
 */
public final class SignedTokens implements TokenAuthenticator {

  /** The audience that Istio's clients ask their tokens for. */
  public static final String AUDIENCE = "istio-ca";

  static final String ISSUER = "https://controller.groundmesh.dev";

  private static final String SUBJECT_PREFIX = "system:serviceaccount:";
  private static final String BINDINGS = "kubernetes.io";
  private static final int MAX_LENGTH = 8192;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(8)
                          .maxStringLength(MAX_LENGTH)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final TokenKey key;
  private final Clock clock;
  private final Duration leeway;

  /**
   * @param leeway how far the clocks of two machines of ours may differ, for {@code nbf} and {@code
   *     exp}
   */
  public SignedTokens(TokenKey key, Clock clock, Duration leeway) {
    this.key = key;
    this.clock = clock;
    this.leeway = leeway;
  }

  /** A token for the mesh's own audience, valid from now on for the given time. */
  public String issue(Caller caller, Duration lifetime) {
    return issue(caller, lifetime, AUDIENCE);
  }

  /** As {@link #issue(Caller, Duration)}, for another audience. */
  public String issue(Caller caller, Duration lifetime, String audience) {
    Instant now = clock.instant();
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    ByteArrayOutputStream claims = new ByteArrayOutputStream();
    try (JsonGenerator head = JSON.createGenerator(header);
        JsonGenerator json = JSON.createGenerator(claims)) {
      head.writeStartObject();
      head.writeStringField("alg", "ES256");
      head.writeStringField("kid", key.id());
      head.writeStringField("typ", "JWT");
      head.writeEndObject();

      json.writeStartObject();
      json.writeArrayFieldStart("aud");
      json.writeString(audience);
      json.writeEndArray();
      json.writeNumberField("exp", now.plus(lifetime).getEpochSecond());
      json.writeNumberField("iat", now.getEpochSecond());
      json.writeStringField("iss", ISSUER);
      json.writeObjectFieldStart(BINDINGS);
      json.writeStringField("namespace", caller.namespace());
      if (caller.node() != null) {
        json.writeObjectFieldStart("node");
        json.writeStringField("name", caller.node());
        json.writeEndObject();
      }
      PodBinding pod = caller.pod();
      if (pod != null) {
        json.writeObjectFieldStart("pod");
        json.writeStringField("name", pod.name());
        json.writeStringField("uid", pod.uid());
        json.writeEndObject();
      }
      json.writeObjectFieldStart("serviceaccount");
      json.writeStringField("name", caller.serviceAccount());
      json.writeEndObject();
      json.writeEndObject();
      json.writeNumberField("nbf", now.getEpochSecond());
      json.writeStringField("sub", subject(caller.namespace(), caller.serviceAccount()));
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String content =
        ENCODER.encodeToString(header.toByteArray())
            + '.'
            + ENCODER.encodeToString(claims.toByteArray());
    try {
      byte[] signature = key.sign(content.getBytes(StandardCharsets.US_ASCII));
      return content + '.' + ENCODER.encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the token key cannot sign", e);
    }
  }

  @Override
  public void authenticate(String token, Answer answer) {
    Caller caller;
    try {
      caller = authenticate(token);
    } catch (AuthenticationException e) {
      answer.refused(e);
      return;
    }
    answer.known(caller);
  }

  /**
   * Who the token speaks for.
   *
   * @throws AuthenticationException if it does not prove that
   */
  public Caller authenticate(String token) throws AuthenticationException {
    if (token.length() > MAX_LENGTH) {
      throw malformed("length: " + token.length() + " (expected: at most " + MAX_LENGTH + ")");
    }
    int firstDot = token.indexOf('.');
    int lastDot = token.lastIndexOf('.');
    if (firstDot < 0 || token.indexOf('.', firstDot + 1) != lastDot || lastDot == firstDot) {
      throw malformed("parts (expected: header.claims.signature)");
    }
    verifyHeader(json("header", token.substring(0, firstDot)));
    byte[] signature = decode("signature", token.substring(lastDot + 1));
    try {
      byte[] content = token.substring(0, lastDot).getBytes(StandardCharsets.ISO_8859_1);
      if (!key.verifies(content, signature)) {
        throw new AuthenticationException(Reason.FORGED, "signature does not verify");
      }
    } catch (GeneralSecurityException e) {
      throw new AuthenticationException(Reason.FORGED, "signature does not verify", e);
    }
    JsonNode claims = json("claims", token.substring(firstDot + 1, lastDot));
    verifyIssuerAndAudience(claims);
    verifyTimes(claims);
    return caller(claims);
  }

  private void verifyHeader(JsonNode header) throws AuthenticationException {
    String algorithm = text(header, "alg");
    if (!algorithm.equals("ES256")) {
      throw malformed("alg: " + printable(algorithm) + " (expected: ES256)");
    }
    if (header.has("crit") || header.has("jwk") || header.has("jku") || header.has("x5u")) {
      throw malformed("header (expected: alg, kid and typ only)");
    }
    String kid = text(header, "kid");
    if (!kid.equals(key.id())) {
      throw malformed("kid: " + printable(kid) + " (expected: " + key.id() + ")");
    }
  }

  private static void verifyIssuerAndAudience(JsonNode claims) throws AuthenticationException {
    String issuer = text(claims, "iss");
    if (!issuer.equals(ISSUER)) {
      throw new AuthenticationException(
          Reason.ISSUER, "iss: " + printable(issuer) + " (expected: " + ISSUER + ")");
    }
    JsonNode audience = claims.path("aud");
    boolean ours = audience.isTextual() && audience.textValue().equals(AUDIENCE);
    for (JsonNode one : audience) {
      ours |= one.isTextual() && one.textValue().equals(AUDIENCE);
    }
    if (!ours) {
      throw new AuthenticationException(
          Reason.AUDIENCE, "aud: " + printable(audience.toString()) + " (expected: istio-ca)");
    }
  }

  private void verifyTimes(JsonNode claims) throws AuthenticationException {
    Instant now = clock.instant();
    Instant expiry = time(claims, "exp");
    if (!now.isBefore(expiry.plus(leeway))) {
      throw new AuthenticationException(
          Reason.EXPIRED, "exp: " + expiry + " (expected: after " + now + ")");
    }
    Instant notBefore = time(claims, "nbf");
    if (now.isBefore(notBefore.minus(leeway))) {
      throw new AuthenticationException(
          Reason.EXPIRED, "nbf: " + notBefore + " (expected: not after " + now + ")");
    }
  }

  private static Caller caller(JsonNode claims) throws AuthenticationException {
    JsonNode bindings = claims.path(BINDINGS);
    String namespace = text(bindings, "namespace");
    String account = text(bindings.path("serviceaccount"), "name");
    String subject = text(claims, "sub");
    if (!subject.equals(subject(namespace, account))) {
      throw malformed("sub: " + printable(subject) + " (expected: the account it is bound to)");
    }
    @Nullable String node = bindings.has("node") ? text(bindings.path("node"), "name") : null;
    JsonNode pod = bindings.path("pod");
    @Nullable PodBinding binding =
        pod.isObject() ? new PodBinding(text(pod, "name"), pod.path("uid").asText("")) : null;
    return new Caller(namespace, account, node, binding);
  }

  private static JsonNode json(String part, String encoded) throws AuthenticationException {
    try {
      JsonNode node = JSON.readTree(decode(part, encoded));
      if (!node.isObject()) {
        throw malformed(part + " (expected: a JSON object)");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new AuthenticationException(
          Reason.MALFORMED, part + " is no JSON: " + printable(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new AuthenticationException(Reason.MALFORMED, part + " is no JSON", e);
    }
  }

  private static byte[] decode(String part, String encoded) throws AuthenticationException {
    if (encoded.isEmpty() || encoded.indexOf('=') >= 0) {
      throw malformed(part + " (expected: base64url without padding)");
    }
    try {
      byte[] bytes = DECODER.decode(encoded);
      // Stray bits in the last character would give one token several spellings.
      if (!ENCODER.encodeToString(bytes).equals(encoded)) {
        throw malformed(part + " (expected: canonical base64url)");
      }
      return bytes;
    } catch (IllegalArgumentException e) {
      throw new AuthenticationException(
          Reason.MALFORMED, part + " (expected: base64url without padding)", e);
    }
  }

  private static String text(JsonNode object, String field) throws AuthenticationException {
    JsonNode value = object.path(field);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw malformed(field + " (expected: a non-empty string)");
    }
    return value.textValue();
  }

  private static Instant time(JsonNode claims, String field) throws AuthenticationException {
    JsonNode value = claims.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw malformed(field + " (expected: seconds since 1970)");
    }
    long seconds = value.longValue();
    if (seconds < 0 || seconds > 253_402_300_799L) {
      throw malformed(field + ": " + seconds + " (expected: seconds since 1970)");
    }
    return Instant.ofEpochSecond(seconds);
  }

  private static String subject(String namespace, String account) {
    return SUBJECT_PREFIX + namespace + ':' + account;
  }

  private static AuthenticationException malformed(String message) {
    return new AuthenticationException(Reason.MALFORMED, message);
  }

  /** What a stranger sent, made fit for a log line. */
  private static String printable(String value) {
    String cut = value.length() > 64 ? value.substring(0, 64) + "..." : value;
    return cut.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
