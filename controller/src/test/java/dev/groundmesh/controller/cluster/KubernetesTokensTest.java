package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.auth.AuthenticationException;
import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.ReviewedTokens;
import dev.groundmesh.controller.auth.TokenAuthenticator.Answer;
import dev.groundmesh.controller.metrics.MetricRegistry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens of a real API server, as it reviews them. */
@Tag("cluster")
@Timeout(60)
class KubernetesTokensTest {

  private static final String ACCOUNT = "agent";

  private TestNamespace namespace;
  private ReviewedTokens tokens;

  @BeforeEach
  void makeAnAccount() throws Exception {
    namespace = new TestNamespace();
    namespace
        .client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace.name)
                .withName(ACCOUNT)
                .endMetadata()
                .build())
        .create();
    tokens =
        new ReviewedTokens(
            new KubernetesTokenReviews(namespace.client),
            Clock.systemUTC(),
            new MetricRegistry(),
            2,
            10);
  }

  @AfterEach
  void removeTheNamespace() {
    tokens.close();
    namespace.close();
  }

  @Test
  void tokenOfAPodTellsItsPodAndNode() throws Exception {
    Pod pod = pod();
    Caller caller = authenticate(token("istio-ca", pod));
    assertThat(caller.account()).isEqualTo(namespace.name + '/' + ACCOUNT);
    assertThat(caller.node()).isEqualTo(pod.getSpec().getNodeName());
    assertThat(caller.pod())
        .isEqualTo(new Caller.PodBinding("agent-pod", pod.getMetadata().getUid()));
  }

  @Test
  void tokenForAnotherAudienceIsRefused() {
    assertRefused(token("vault", null), Reason.AUDIENCE);
  }

  @Test
  void tokenWithAForgedSignatureIsRefused() {
    String token = token("istio-ca", null);
    String forged = token.substring(0, token.lastIndexOf('.') + 1) + "A".repeat(342);
    assertRefused(forged, Reason.FORGED);
  }

  @Test
  void tokenOfAPodThatIsGoneIsRefused() throws Exception {
    Pod pod = pod();
    String token = token("istio-ca", pod);
    namespace.client.resource(pod).withGracePeriod(0).delete();
    TestNamespace.await("the pod's end", () -> namespace.client.resource(pod).get() == null);
    // The API server itself remembers positive answers for some seconds.
    TestNamespace.await("the refusal", () -> reasonOf(token) == Reason.FORGED);
  }

  private void assertRefused(String token, Reason reason) {
    assertThatThrownBy(() -> authenticate(token))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private @Nullable Reason reasonOf(String token) throws Exception {
    try {
      authenticate(token);
      return null;
    } catch (AuthenticationException e) {
      return e.reason();
    }
  }

  private Caller authenticate(String token) throws Exception {
    CompletableFuture<Caller> answer = new CompletableFuture<>();
    tokens.authenticate(
        token,
        new Answer() {
          @Override
          public void known(Caller caller) {
            answer.complete(caller);
          }

          @Override
          public void refused(AuthenticationException reason) {
            answer.completeExceptionally(reason);
          }
        });
    try {
      return answer.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof AuthenticationException reason ? reason : e;
    }
  }

  private Pod pod() {
    String node = namespace.client.nodes().list().getItems().getFirst().getMetadata().getName();
    return namespace
        .client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace.name)
                .withName("agent-pod")
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .withServiceAccountName(ACCOUNT)
                .addNewContainer()
                .withName("main")
                .withImage("groundmesh.test/never-pulled:1")
                .withImagePullPolicy("Never")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  private String token(String audience, @Nullable Pod pod) {
    TokenRequestBuilder request = new TokenRequestBuilder();
    request.withNewSpec().withAudiences(audience).withExpirationSeconds(600L).endSpec();
    if (pod != null) {
      request
          .editSpec()
          .withNewBoundObjectRef()
          .withApiVersion("v1")
          .withKind("Pod")
          .withName(pod.getMetadata().getName())
          .withUid(pod.getMetadata().getUid())
          .endBoundObjectRef()
          .endSpec();
    }
    TokenRequest made =
        namespace
            .client
            .serviceAccounts()
            .inNamespace(namespace.name)
            .withName(ACCOUNT)
            .tokenRequest(request.build());
    return made.getStatus().getToken();
  }
}
