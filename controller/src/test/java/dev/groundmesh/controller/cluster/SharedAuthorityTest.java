package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.state.StateException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replicas that share one certificate authority through a real API server. */
@Tag("cluster")
@Timeout(60)
class SharedAuthorityTest {

  private TestNamespace namespace;

  @BeforeEach
  void makeANamespace() throws Exception {
    namespace = new TestNamespace();
  }

  @AfterEach
  void removeTheNamespace() {
    namespace.close();
  }

  @Test
  void replicasThatStartAtOnceAgreeOnOneRoot() throws Exception {
    int replicas = 8;
    CyclicBarrier together = new CyclicBarrier(replicas);
    Set<String> roots = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(replicas)) {
      List<Future<String>> found = new ArrayList<>();
      for (int i = 0; i < replicas; i++) {
        found.add(
            threads.submit(
                () -> {
                  CertificateAuthority authority = replica();
                  together.await(10, TimeUnit.SECONDS);
                  authority.refresh();
                  return authority.rootsPem();
                }));
      }
      for (Future<String> one : found) {
        roots.add(one.get(20, TimeUnit.SECONDS));
      }
    }
    assertThat(roots).hasSize(1);
  }

  @Test
  void rootSurvivesTheLastReplica() throws Exception {
    String roots = started().rootsPem();
    assertThat(started().rootsPem()).isEqualTo(roots);
  }

  @Test
  void damagedSecretIsNeverReplaced() throws Exception {
    CertificateAuthority running = started();
    String roots = running.rootsPem();
    put(CaSecret.NAME, Map.of("ca.json", "{\"format\":1,"));
    assertThatThrownBy(() -> replica().refresh())
        .isInstanceOf(StateException.class)
        .hasMessageContaining("groundmesh-ca")
        .hasMessageContaining("is damaged");
    assertThat(text(CaSecret.NAME, "ca.json")).isEqualTo("{\"format\":1,");
    running.refresh();
    assertThat(running.rootsPem()).isEqualTo(roots);
    assertThat(running.problem()).contains("is damaged");
  }

  @Test
  void removedSecretIsWrittenAgainByWhoHoldsTheRoot() throws Exception {
    CertificateAuthority running = started();
    namespace.client.secrets().inNamespace(namespace.name).withName(CaSecret.NAME).delete();
    running.refresh();
    assertThat(started().rootsPem()).isEqualTo(running.rootsPem());
  }

  @Test
  void stepOfARotationIsTakenOverByTheOthers() throws Exception {
    CertificateAuthority one = started();
    CertificateAuthority other = started();
    one.rotate(true);
    other.refresh();
    assertThat(other.rotationPhase()).isEqualTo("TRUST_BOTH");
    assertThat(other.rootsPem()).isEqualTo(one.rootsPem());
    one.rotate(true);
    other.refresh();
    assertThat(other.signer()).isEqualTo(one.signer());
  }

  @Test
  void ofTwoStepsAtOnceOnlyOneIsMade() throws Exception {
    CertificateAuthority one = started();
    CertificateAuthority other = started();
    one.rotate(true);
    assertThatThrownBy(() -> other.rotate(true)).hasMessageContaining("another replica");
    assertThat(other.rotationPhase()).isEqualTo("TRUST_BOTH");
    assertThat(other.rootsPem()).isEqualTo(one.rootsPem());
  }

  @Test
  void watchTellsOfAnotherReplicasStep() throws Exception {
    CertificateAuthority one = started();
    CertificateAuthority other = started();
    try (SecretWatch _ =
        SecretWatch.start(
            namespace.client,
            namespace.name,
            CaSecret.NAME,
            () -> {
              try {
                other.refresh();
              } catch (StateException e) {
                throw new IllegalStateException(e);
              }
            })) {
      one.rotate(true);
      TestNamespace.await("the step", () -> other.rotationPhase().equals("TRUST_BOTH"));
    }
  }

  @Test
  void brokenCacertsAtTheFirstStartMakesNoRoot() {
    put(PluggedSecret.NAME, Map.of("ca-cert.pem", "nonsense"));
    CertificateAuthority authority = replica();
    assertThatThrownBy(authority::refresh)
        .isInstanceOf(StateException.class)
        .hasMessageContaining("ca-cert.pem")
        .hasMessageContaining("no root is made up");
    assertThat(authority.isReady()).isFalse();
    assertThat(namespace.client.secrets().inNamespace(namespace.name).withName(CaSecret.NAME).get())
        .isNull();
  }

  @Test
  void withoutTheBrokenCacertsTheSameReplicaSigns() throws Exception {
    put(PluggedSecret.NAME, Map.of("ca-cert.pem", "nonsense"));
    CertificateAuthority authority = replica();
    assertThatThrownBy(authority::refresh).isInstanceOf(StateException.class);
    namespace.client.secrets().inNamespace(namespace.name).withName(PluggedSecret.NAME).delete();
    authority.refresh();
    assertThat(authority.isReady()).isTrue();
  }

  @Test
  void adminTokenIsTheSameForAllReplicas() throws Exception {
    started();
    String token = secret().adminToken();
    assertThat(token).hasSizeGreaterThan(40);
    assertThat(secret().adminToken()).isEqualTo(token);
  }

  private CertificateAuthority started() throws Exception {
    CertificateAuthority authority = replica();
    authority.refresh();
    return authority;
  }

  private CertificateAuthority replica() {
    return CertificateAuthority.shared(
        CaSettings.defaults("cluster.local"),
        secret(),
        new PluggedSecret(namespace.client, namespace.name),
        Clock.systemUTC(),
        new SecureRandom(),
        Duration.ZERO);
  }

  private CaSecret secret() {
    return new CaSecret(namespace.client, namespace.name, new SecureRandom());
  }

  private void put(String name, Map<String, String> texts) {
    namespace
        .client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withNamespace(namespace.name)
                .withName(name)
                .endMetadata()
                .withStringData(texts)
                .withType(name.equals(CaSecret.NAME) ? CaSecret.TYPE : "Opaque")
                .build())
        .createOr(resource -> resource.update());
  }

  private String text(String name, String key) {
    Secret found = namespace.client.secrets().inNamespace(namespace.name).withName(name).get();
    return new String(Base64.getDecoder().decode(found.getData().get(key)), StandardCharsets.UTF_8);
  }
}
