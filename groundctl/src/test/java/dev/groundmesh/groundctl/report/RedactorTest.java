package dev.groundmesh.groundctl.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class RedactorTest {
  private static final String TOKEN =
      "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJl";

  private static String keyBody() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return Base64.getMimeEncoder(64, new byte[] {'\n'})
        .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
  }

  @Test
  void privateKeyIsTakenOutAndWhatIsAroundItStays() throws Exception {
    String body = keyBody();
    String text =
        "before\n-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\nafter";

    assertThat(Redactor.redact(text)).isEqualTo("before\n[redacted]\nafter");
  }

  @Test
  void privateKeyInAStringOfJsonIsTakenOut() throws Exception {
    String body = keyBody().replace("\n", "\\n");
    String text =
        "{\"key\": \"-----BEGIN EC PRIVATE KEY-----\\n"
            + body
            + "\\n-----END EC PRIVATE KEY-----\\n\"}";

    assertThat(Redactor.redact(text)).doesNotContain(body).contains("{\"key\": \"[redacted]");
  }

  @Test
  void privateKeyThatIsCutOffIsTakenOut() throws Exception {
    String body = keyBody();

    assertThat(Redactor.redact("x -----BEGIN RSA PRIVATE KEY-----\n" + body))
        .isEqualTo("x [redacted]");
  }

  @Test
  void privateKeyInBase64IsTakenOut() throws Exception {
    String pem = "-----BEGIN PRIVATE KEY-----\n" + keyBody() + "\n-----END PRIVATE KEY-----\n";
    String encoded = Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));

    assertThat(Redactor.redact("{\"data\": \"" + encoded + "\"}"))
        .isEqualTo("{\"data\": \"[redacted]\"}");
  }

  @Test
  void certificatesStay() {
    String pem = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgI=\n-----END CERTIFICATE-----\n";
    String encoded = Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));

    assertThat(Redactor.redact(pem)).isEqualTo(pem);
    assertThat(Redactor.redact("caBundle: " + encoded)).isEqualTo("caBundle: " + encoded);
  }

  @Test
  void tokensAreTakenOutWhereverTheyStand() {
    for (String text :
        new String[] {
          TOKEN, "authorization: Bearer " + TOKEN, "token refused: " + TOKEN + ",", "t=" + TOKEN
        }) {
      assertThat(Redactor.redact(text)).doesNotContain(TOKEN).doesNotContain("c2lnbmF0dXJl");
    }
  }

  @Test
  void opaqueBearerTokensAreTakenOut() {
    assertThat(Redactor.redact("Authorization: Bearer abc.DEF-123_456~789"))
        .doesNotContain("abc.DEF");
  }

  @Test
  void fieldsNamedAsSecretsLoseTheirValues() {
    assertThat(Redactor.redact("{\"adminToken\": \"s3cr\\\"et-value\", \"name\": \"x\"}"))
        .isEqualTo("{\"adminToken\": \"[redacted]\", \"name\": \"x\"}");
  }

  @Test
  void environmentVariablesNamedAsSecretsLoseTheirValues() {
    assertThat(Redactor.redact("{ \"name\" : \"DB_PASSWORD\",\n \"value\" : \"hunter2hunter2\" }"))
        .doesNotContain("hunter2");
  }

  @Test
  void settingsNamedAsSecretsLoseTheirValues() {
    assertThat(Redactor.redact("started with --admin-token=0123456789abcdef --port=1"))
        .isEqualTo("started with --admin-token=[redacted] --port=1");
  }

  @Test
  void pathsOfTokensStay() {
    String text = "{\"path\": \"/var/run/secrets/tokens/istio-token\", \"tokenTtl\": \"43200\"}";

    assertThat(Redactor.redact(text)).isEqualTo(text);
  }
}
