package dev.groundmesh.groundctl.report;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of a text what would let somebody be somebody else: private keys, tokens, passwords.
 * Rather one word too many than one too few. Pure.
 */
final class Redactor {
  private static final String GONE = "[redacted]";

  /** A key that is cut off has no end: then the rest of the text goes. */
  private static final Pattern PRIVATE_KEY =
      Pattern.compile(
          "-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
          Pattern.DOTALL);

  /** {@code -----BEGIN} in Base64, as Secrets and kubeconfigs hold PEM. */
  private static final Pattern ENCODED_PEM = Pattern.compile("LS0tLS1CRUdJTi[A-Za-z0-9+/]{16,}=*");

  /** RFC 7519: two or three parts, of which the first is a JSON object in Base64. */
  private static final Pattern JSON_WEB_TOKEN =
      Pattern.compile("eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*)?");

  private static final Pattern BEARER =
      Pattern.compile("(?i)\\b(bearer|basic)\\s+[A-Za-z0-9._~+/=-]{8,}");

  private static final String SECRET_NAME =
      "[\\w.\\-]*(?:password|passwd|passphrase|token|api[-_]?key|private[-_]?key|secret|client-key-data|ca\\.json)";

  private static final Pattern JSON_FIELD =
      Pattern.compile("(?i)(\"" + SECRET_NAME + "\"\\s*:\\s*\")(?:[^\"\\\\]|\\\\.)*");

  /** An environment variable of a container, in JSON. */
  private static final Pattern JSON_VARIABLE =
      Pattern.compile(
          "(?i)(\"name\"\\s*:\\s*\""
              + SECRET_NAME
              + "\"\\s*,\\s*\"value\"\\s*:\\s*\")(?:[^\"\\\\]|\\\\.)*");

  private static final Pattern SETTING =
      Pattern.compile("(?i)((?:^|[\\s,;?&])-{0,2}" + SECRET_NAME + "\\s*[=:]\\s*)[^\\s\"',;&]{4,}");

  private Redactor() {}

  static String redact(String text) {
    String redacted = PRIVATE_KEY.matcher(text).replaceAll(GONE);
    redacted = ENCODED_PEM.matcher(redacted).replaceAll(Redactor::withoutKeys);
    redacted = JSON_WEB_TOKEN.matcher(redacted).replaceAll(GONE);
    redacted = BEARER.matcher(redacted).replaceAll("$1 " + Matcher.quoteReplacement(GONE));
    redacted = JSON_FIELD.matcher(redacted).replaceAll("$1" + Matcher.quoteReplacement(GONE));
    redacted = JSON_VARIABLE.matcher(redacted).replaceAll("$1" + Matcher.quoteReplacement(GONE));
    return SETTING.matcher(redacted).replaceAll("$1" + Matcher.quoteReplacement(GONE));
  }

  /** Certificates are for everyone to see, and often what is wrong. */
  private static String withoutKeys(MatchResult encoded) {
    try {
      String pem =
          new String(Base64.getDecoder().decode(encoded.group()), StandardCharsets.ISO_8859_1);
      return pem.contains("PRIVATE KEY") ? GONE : Matcher.quoteReplacement(encoded.group());
    } catch (IllegalArgumentException e) {
      // Cut off: what it was cannot be told.
      return GONE;
    }
  }
}
