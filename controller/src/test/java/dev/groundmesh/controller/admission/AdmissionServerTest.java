package dev.groundmesh.controller.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.policy.AuthorizationConversion;
import dev.groundmesh.controller.state.StateDirectory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The webhook over real HTTPS, asked as the API server asks. */
@Timeout(30)
class AdmissionServerTest {

  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path directory;
  private CertificateAuthority authority;
  private AdmissionServer server;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    authority =
        CertificateAuthority.open(
            CaSettings.defaults("cluster.local"),
            StateDirectory.open(directory),
            Clock.systemUTC(),
            new SecureRandom());
    server =
        AdmissionServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new ObjectValidation(
                new AuthorizationConversion("istio-system", "cluster.local", true, false),
                Set.of("kube-system", "istio-system")),
            new MetricRegistry());
    show();
    client = client();
  }

  private HttpClient client() throws Exception {
    return HttpClient.newBuilder().sslContext(tls()).build();
  }

  private SSLContext tls() throws Exception {
    KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
    roots.load(null, null);
    roots.setCertificateEntry("root", authority.roots().getFirst());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(roots);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return tls;
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void wrongValueIsRefusedByFieldValueAndExpectation() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
             "metadata": {"name": "p", "namespace": "shop"},
             "spec": {"rules": [{"from": [{"source": {"ipBlocks": ["10.0.0.0/99"]}}]}]}}
            """);
    assertThat(response.path("allowed").asBoolean()).isFalse();
    assertThat(response.path("status").path("message").asText())
        .contains("spec.rules[0].from[0].source.ipBlocks")
        .contains("10.0.0.0/99")
        .contains("expected:");
  }

  @Test
  void goodObjectIsAllowedWithoutAWord() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
             "metadata": {"name": "p", "namespace": "shop"}, "spec": {"mtls": {"mode": "STRICT"}}}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.has("warnings")).isFalse();
  }

  @Test
  void policyThatL4CannotEnforceIsAllowedWithAWarning() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
             "metadata": {"name": "p", "namespace": "shop"},
             "spec": {"action": "ALLOW", "rules": [{"to": [{"operation": {"paths": ["/x"]}}]}]}}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("warnings").toString()).contains("paths");
  }

  @Test
  void objectWithoutANameYetIsJudgedAllTheSame() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
             "metadata": {"generateName": "p-", "namespace": "shop"},
             "spec": {"mtls": {"mode": "SOMETIMES"}}}
            """);
    assertThat(response.path("allowed").asBoolean()).isFalse();
    assertThat(response.path("status").path("message").asText()).contains("SOMETIMES");
  }

  @Test
  void unknownModeOnANamespaceIsWarnedOfAndNeverRefused() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "v1", "kind": "Namespace",
             "metadata": {"name": "shop", "labels": {"istio.io/dataplane-mode": "ambeint"}}}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("warnings").get(0).asText())
        .isEqualTo("metadata.labels[istio.io/dataplane-mode]: ambeint (expected: ambient or none)");
  }

  @Test
  void enrolmentOfAnExcludedNamespaceIsWarnedOf() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "v1", "kind": "Namespace",
             "metadata": {"name": "kube-system", "labels": {"istio.io/dataplane-mode": "ambient"}}}
            """);
    assertThat(response.path("warnings").get(0).asText()).contains("is excluded from the mesh");
  }

  @Test
  void enrolmentOfAHostNetworkPodIsWarnedOf() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "p", "namespace": "shop",
                          "labels": {"istio.io/dataplane-mode": "ambient"}},
             "spec": {"hostNetwork": true}}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("warnings").get(0).asText()).contains("hostNetwork");
  }

  @Test
  void objectOnItsWayOutIsNotHeldUp() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
             "metadata": {"name": "p", "namespace": "shop",
                          "deletionTimestamp": "2026-11-20T00:00:00Z"},
             "spec": {"mtls": {"mode": "SOMETIMES"}}}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
  }

  @Test
  void objectThatWasWrongBeforeMayChangeElsewhere() throws Exception {
    ObjectNode object =
        (ObjectNode)
            JSON.readTree(
                """
                {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                 "metadata": {"name": "p", "namespace": "shop", "finalizers": ["x/y"]},
                 "spec": {"mtls": {"mode": "SOMETIMES"}}}
                """);
    ObjectNode without = object.deepCopy();
    without.withObject("/metadata").remove("finalizers");
    ObjectNode request = request(without);
    request.set("oldObject", object);
    assertThat(ask(request).path("allowed").asBoolean()).isTrue();
  }

  @Test
  void kindThatIsNotOursIsAllowed() throws Exception {
    JsonNode response =
        review(
            """
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": 7}
            """);
    assertThat(response.path("allowed").asBoolean()).isTrue();
  }

  @Test
  void whatIsNoReviewIsAnsweredSo() throws Exception {
    for (String body : List.of("", "{", "[]", "{\"request\":{}}")) {
      assertThat(post(body).statusCode()).as(body).isEqualTo(400);
    }
  }

  @Test
  void requestThatIsTooLongIsNotJudged() throws Exception {
    assertThat(post(" ".repeat((8 << 20) + 1)).statusCode()).isEqualTo(400);
  }

  @Test
  void clientsThatSayNothingKeepNobodyOut() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        silent.add(socket);
        // The first byte of a handshake.
        socket.getOutputStream().write(22);
      }
      review("{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}");
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void clientThatStopsInTheMiddleOfItsRequestIsLeft() throws Exception {
    try (Socket socket =
        tls().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(20_000);
      String half = "POST " + AdmissionServer.PATH + " HTTP/1.1\r\nContent-Length: 9\r\n\r\n{";
      socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));

      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
  }

  @Test
  void renewedCertificateIsShownToTheNextConnection() throws Exception {
    review("{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}");
    show();
    client.close();
    client = client();
    review("{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}");
  }

  private void show() throws Exception {
    List<GeneralName> names = new ArrayList<>();
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    server.show(authority.serverIdentity(names, Duration.ofHours(1)));
  }

  private JsonNode review(String object) throws Exception {
    return ask(request((ObjectNode) JSON.readTree(object)));
  }

  private static ObjectNode request(ObjectNode object) {
    String apiVersion = object.path("apiVersion").asText();
    int slash = apiVersion.indexOf('/');
    ObjectNode request = JSON.createObjectNode();
    request.put("uid", "u-1").put("operation", "CREATE");
    request
        .putObject("kind")
        .put("group", slash < 0 ? "" : apiVersion.substring(0, slash))
        .put("version", apiVersion.substring(slash + 1))
        .put("kind", object.path("kind").asText());
    request.put("name", object.path("metadata").path("name").asText());
    request.put("namespace", object.path("metadata").path("namespace").asText());
    request.set("object", object);
    request.putNull("oldObject");
    return request;
  }

  private JsonNode ask(ObjectNode request) throws Exception {
    ObjectNode review = JSON.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    review.set("request", request);
    HttpResponse<String> answer = post(review.toString());
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonNode response = JSON.readTree(answer.body()).path("response");
    assertThat(response.path("uid").asText()).isEqualTo("u-1");
    return response;
  }

  private HttpResponse<String> post(String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("https://127.0.0.1:" + server.port() + AdmissionServer.PATH))
            .timeout(Duration.ofSeconds(5))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
