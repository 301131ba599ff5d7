package dev.groundmesh.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateRequest;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class CertificateServiceTest {

  private static final String IDENTITY_A = "spiffe://cluster.local/ns/shop/sa/a";
  private static final String IDENTITY_B = "spiffe://cluster.local/ns/shop/sa/b";

  @TempDir Path directory;
  private TestControlPlane control;

  @BeforeEach
  void start() throws Exception {
    control = new TestControlPlane(directory);
    control.resources.pod("a", "10.0.0.1", "node-1").pod("b", "10.0.0.2", "node-2");
    control.serve();
  }

  @AfterEach
  void stop() {
    control.close();
  }

  @Test
  void agentGetsTheIdentityOfAPodOfItsNode() throws Exception {
    List<String> chain = ask(control.agentToken("node-1"), IDENTITY_A, csr("cluster.local"));
    X509Certificate leaf = certificates(chain.getFirst()).getFirst();
    assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, IDENTITY_A));
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17");
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getExtendedKeyUsage())
        .containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(leaf.getKeyUsage())
        .containsExactly(true, false, true, false, false, false, false, false, false);
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    leaf.verify(certificates(chain.getLast()).getFirst().getPublicKey());
  }

  @Test
  void certificateIsBackdatedAndLastsADayUnlessAskedOtherwise() throws Exception {
    X509Certificate leaf =
        certificates(ask(control.agentToken("node-1"), IDENTITY_A, csr("x")).getFirst()).getFirst();
    assertThat(leaf.getNotBefore().toInstant()).isBefore(Instant.now().minusSeconds(60));
    assertThat(leaf.getNotAfter().toInstant())
        .isBetween(Instant.now().plusSeconds(86_000), Instant.now().plusSeconds(86_500));
    X509Certificate hour =
        certificates(
                ask(
                        control.agentToken("node-1"),
                        request(IDENTITY_A, csr("x")).setValidityDuration(3600))
                    .getFirst())
            .getFirst();
    assertThat(hour.getNotAfter().toInstant()).isBefore(Instant.now().plusSeconds(3700));
  }

  @Test
  void lifetimeBeyondTheLimitIsRefused() {
    assertRefused(
        control.agentToken("node-1"),
        request(IDENTITY_A, csr("x")).setValidityDuration(Duration.ofDays(91).toSeconds()),
        Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void namesInTheRequestAreIgnored() throws Exception {
    X509Certificate leaf =
        certificates(
                ask(
                        control.agentToken("node-1"),
                        IDENTITY_A,
                        csr("cluster.local", "spiffe://cluster.local/ns/shop/sa/admin"))
                    .getFirst())
            .getFirst();
    assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, IDENTITY_A));
  }

  @Test
  void identityOfAnotherNodeIsRefusedWithoutAReasonAndCounted() throws Exception {
    assertThatThrownBy(() -> ask(control.agentToken("node-1"), IDENTITY_B, csr("x")))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
              assertThat(e.getStatus().getDescription())
                  .isEqualTo("request impersonation authentication failure");
            });
    assertThat(control.http("GET", "/metrics").body())
        .contains("groundmesh_authentication_failures_total{reason=\"not_on_node\"} 1")
        .contains("citadel_server_authentication_failure_count 1");
  }

  @Test
  void identityOfAPodThatLeftIsRefused() throws Exception {
    ask(control.agentToken("node-1"), IDENTITY_A, csr("x"));
    control.resources.removePod("a", "node-1").publish();
    assertRefused(
        control.agentToken("node-1"), request(IDENTITY_A, csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void identityOfAPodThatThisReplicaHearsOfMeanwhileIsSigned() throws Exception {
    try (ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor()) {
      String identity = "spiffe://cluster.local/ns/shop/sa/late";
      String request = csr("x");
      Future<List<String>> asked =
          agents.submit(() -> ask(control.agentToken("node-1"), identity, request));
      awaitRequest();
      control.resources.pod("late", "10.0.0.3", "node-1").publish();

      X509Certificate leaf = certificates(asked.get().getFirst()).getFirst();
      assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, identity));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "node-1, spiffe://evil/ns/shop/sa/a",
    "node-1, shop/a",
    "node-1, spiffe://cluster.local/ns/shop/sa/",
    "node-that-is-unknown, spiffe://evil/ns/shop/sa/a"
  })
  void identityThatNoPodCanBringIsRefusedWhileOneThatAPodMayBringStillWaits(
      String node, String identity) throws Exception {
    try (ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor()) {
      String request = csr("x");
      Future<List<String>> waiting =
          agents.submit(
              () ->
                  ask(
                      control.agentToken("node-1"),
                      "spiffe://cluster.local/ns/shop/sa/late",
                      request));
      awaitRequest();

      assertRefused(
          control.agentToken(node), request(identity, request), Status.Code.UNAUTHENTICATED);

      control.resources.pod("late", "10.0.0.3", "node-1").publish();
      assertThat(waiting.get()).isNotEmpty();
      assertThat(control.http("GET", "/metrics").body())
          .contains("groundmesh_authentication_failures_total{reason=\"not_of_mesh\"} 1");
    }
  }

  private void awaitRequest() throws Exception {
    while (!control.http("GET", "/metrics").body().contains("citadel_server_csr_count 1")) {
      Thread.sleep(10);
    }
  }

  @Test
  void identityThatIsNoTextIsNotTakenForTheCallersOwn() {
    assertRefused(
        control.podToken("a", "node-1"),
        IstioCertificateRequest.newBuilder()
            .setCsr(csr("x"))
            .setMetadata(
                Struct.newBuilder()
                    .putFields(
                        ControlPlaneMethods.IMPERSONATED_IDENTITY,
                        Value.newBuilder().setNumberValue(1).build())),
        Status.Code.UNAUTHENTICATED);
  }

  @Test
  void callerWhoLeavesWhileItsRequestIsSignedIsNoFailure() throws Exception {
    Metadata headers = new Metadata();
    headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + control.agentToken("node-1"));
    Channel channel =
        ClientInterceptors.intercept(
            control.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
    IstioCertificateRequest request = request(IDENTITY_A, csr("x")).build();
    List<Future<IstioCertificateResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      answers.add(
          ClientCalls.futureUnaryCall(
              channel.newCall(ControlPlaneMethods.CREATE_CERTIFICATE, CallOptions.DEFAULT),
              request));
    }
    answers.getFirst().get(10, TimeUnit.SECONDS);

    answers.forEach(answer -> answer.cancel(true));

    ask(control.agentToken("node-1"), IDENTITY_A, csr("x"));
    assertThat(control.http("GET", "/metrics").body())
        .doesNotContain("citadel_server_csr_sign_err_count{error=\"INTERNAL\"}");
  }

  @Test
  void ordinaryAccountGetsItsOwnIdentity() throws Exception {
    X509Certificate leaf =
        certificates(ask(control.podToken("a", "node-1"), "", csr("x")).getFirst()).getFirst();
    assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, IDENTITY_A));
  }

  @Test
  void ordinaryAccountMayNotSpeakForAnother() {
    assertRefused(
        control.podToken("a", "node-1"),
        request(IDENTITY_B, csr("x")),
        Status.Code.UNAUTHENTICATED);
    assertRefused(
        control.podToken("a", "node-1"),
        request(IDENTITY_A, csr("x")),
        Status.Code.UNAUTHENTICATED);
  }

  @Test
  void tokenOfAPodMadeAnewIsRefused() {
    String token = control.token(new Caller("shop", "a", "node-1", new PodBinding("a", "old-uid")));
    assertRefused(token, request("", csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void nodeOfATokenThatNamesOnlyItsPodIsThePods() throws Exception {
    String token = control.token(new Caller("shop", "a", null, new PodBinding("a", "uid-a")));
    X509Certificate leaf = certificates(ask(token, "", csr("x")).getFirst()).getFirst();
    assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, IDENTITY_A));
  }

  @Test
  void tokenThatNamesOnlyAPodThatIsGoneIsRefused() {
    String token = control.token(new Caller("shop", "a", null, new PodBinding("a", "old-uid")));
    assertRefused(token, request("", csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void agentOfAnUnknownNodeIsRefused() {
    assertRefused(
        control.agentToken("node-7"), request(IDENTITY_A, csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void callWithoutATokenIsRefused() {
    assertRefused("", request(IDENTITY_A, csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void tokenForAnotherAudienceIsRefused() {
    String token =
        control
            .controlPlane
            .tokens()
            .issue(
                new Caller(
                    TestControlPlane.AGENT_NAMESPACE,
                    TestControlPlane.AGENT_ACCOUNT,
                    "node-1",
                    null),
                Duration.ofHours(1),
                "api");
    assertRefused(token, request(IDENTITY_A, csr("x")), Status.Code.UNAUTHENTICATED);
  }

  @Test
  void garbageForARequestIsRefused() {
    for (String garbage :
        List.of(
            "",
            "garbage",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "-----BEGIN CERTIFICATE REQUEST-----\nMIIB",
            csr("x").replace('M', 'N'),
            csr("x") + csr("x"))) {
      assertRefused(
          control.agentToken("node-1"), request(IDENTITY_A, garbage), Status.Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void oversizedRequestIsRefused() {
    assertRefused(
        control.agentToken("node-1"),
        request(IDENTITY_A, "-----BEGIN CERTIFICATE REQUEST-----\n" + "A".repeat(17 << 10)),
        Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void requestFarTooLongIsNotEvenCollected() {
    assertRefused(
        control.podToken("a", "node-1"),
        request("", "-----BEGIN CERTIFICATE REQUEST-----\n" + "A".repeat(1 << 20)),
        Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void requestNotSignedByItsOwnKeyIsRefused() throws Exception {
    KeyPair mine = keyPair("EC", "secp256r1");
    KeyPair stolen = keyPair("EC", "secp256r1");
    String request =
        pem(
            new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), stolen.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(mine.getPrivate()))
                .getEncoded());
    assertRefused(
        control.agentToken("node-1"), request(IDENTITY_A, request), Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void rotationHandsOutBothRootsThenSignsWithTheNewThenDropsTheOld() throws Exception {
    String token = control.agentToken("node-1");
    List<X509Certificate> before = certificates(ask(token, IDENTITY_A, csr("x")).getLast());
    assertThat(rotate("?force=true")).contains("TRUST_BOTH");
    List<String> both = ask(token, IDENTITY_A, csr("x"));
    assertThat(certificates(both.getLast())).hasSize(2).containsAll(before);
    certificates(both.getFirst()).getFirst().verify(before.getFirst().getPublicKey());

    assertThat(rotate("?force=true")).contains("SIGN_NEW");
    List<String> signedByNew = ask(token, IDENTITY_A, csr("x"));
    X509Certificate newRoot = certificates(signedByNew.getLast()).getFirst();
    assertThat(newRoot).isNotEqualTo(before.getFirst());
    assertThat(certificates(signedByNew.getLast())).hasSize(2).containsAll(before);
    certificates(signedByNew.getFirst()).getFirst().verify(newRoot.getPublicKey());

    assertThat(rotate("?force=true")).contains("STEADY");
    assertThat(certificates(ask(token, IDENTITY_A, csr("x")).getLast())).containsExactly(newRoot);
  }

  @Test
  void stepOfARotationThatIsTooEarlyIsRefused() throws Exception {
    ask(control.agentToken("node-1"), IDENTITY_A, csr("x"));
    assertThat(rotate("")).contains("TRUST_BOTH");
    assertThat(rotate("")).contains("expected: the next step not before");
  }

  @Test
  void rotationWithoutTheAdminTokenIsRefused() throws Exception {
    assertThat(control.http("POST", "/ca/rotate").statusCode()).isEqualTo(401);
    assertThat(control.http("POST", "/ca/rotate", "Authorization", "Bearer guess").statusCode())
        .isEqualTo(401);
    assertThat(control.http("GET", "/debug/ca").body()).contains("\"phase\":\"STEADY\"");
  }

  private String rotate(String query) throws Exception {
    String token = java.nio.file.Files.readString(directory.resolve("admin-token")).strip();
    return control.http("POST", "/ca/rotate" + query, "Authorization", "Bearer " + token).body();
  }

  private List<String> ask(String token, String identity, String csr) throws Exception {
    return ask(token, request(identity, csr));
  }

  private List<String> ask(String token, IstioCertificateRequest.Builder request) throws Exception {
    Metadata headers = new Metadata();
    if (!token.isEmpty()) {
      headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + token);
    }
    IstioCertificateResponse response =
        ClientCalls.blockingUnaryCall(
            ClientInterceptors.intercept(
                control.channel(), MetadataUtils.newAttachHeadersInterceptor(headers)),
            ControlPlaneMethods.CREATE_CERTIFICATE,
            CallOptions.DEFAULT,
            request.build());
    return response.getCertChainList();
  }

  private void assertRefused(
      String token, IstioCertificateRequest.Builder request, Status.Code code) {
    assertThatThrownBy(() -> ask(token, request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private static IstioCertificateRequest.Builder request(String identity, String csr) {
    IstioCertificateRequest.Builder request = IstioCertificateRequest.newBuilder().setCsr(csr);
    if (!identity.isEmpty()) {
      request.setMetadata(
          Struct.newBuilder()
              .putFields(
                  ControlPlaneMethods.IMPERSONATED_IDENTITY,
                  Value.newBuilder().setStringValue(identity).build()));
    }
    return request;
  }

  private static String csr(String name, String... uris) {
    try {
      KeyPair pair = keyPair("EC", "secp256r1");
      JcaPKCS10CertificationRequestBuilder builder =
          new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=" + name), pair.getPublic());
      for (String uri : uris) {
        builder.addAttribute(
            PKCSObjectIdentifiers.pkcs_9_at_extensionRequest,
            new Extensions(
                Extension.create(
                    Extension.subjectAlternativeName,
                    true,
                    new GeneralNames(
                        new GeneralName(GeneralName.uniformResourceIdentifier, uri)))));
      }
      return pem(
          builder
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
              .getEncoded());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair keyPair(String algorithm, String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static String pem(byte[] content) {
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }

  private static List<X509Certificate> certificates(String pem) throws Exception {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
        .stream()
        .map(X509Certificate.class::cast)
        .toList();
  }
}
