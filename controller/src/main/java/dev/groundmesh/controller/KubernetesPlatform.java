package dev.groundmesh.controller;

import dev.groundmesh.controller.auth.ReviewedTokens;
import dev.groundmesh.controller.auth.TokenAuthenticator;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.cluster.AgentDaemonSet;
import dev.groundmesh.controller.cluster.CaSecret;
import dev.groundmesh.controller.cluster.KubernetesTokenReviews;
import dev.groundmesh.controller.cluster.PluggedSecret;
import dev.groundmesh.controller.cluster.RootConfigMaps;
import dev.groundmesh.controller.cluster.SecretWatch;
import dev.groundmesh.controller.cluster.WebhookTrust;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.state.StateException;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A cluster: keys in Secrets of the install namespace, callers known by {@code TokenReview}, roots
 * in a ConfigMap of every namespace and in the webhook configuration. Nothing is on disk, and every
 * replica does the same, but that only the one that leads writes for others.
 */
final class KubernetesPlatform implements Platform {

  /** kubelet brings a changed ConfigMap into running pods within a minute or two. */
  private static final Duration PROPAGATION = Duration.ofMinutes(5);

  /** How often state is read that no watch has told of. */
  private static final Duration READ_AGAIN = Duration.ofSeconds(30);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final int TOKEN_REVIEW_THREADS = 16;
  private static final int MAX_WAITING_TOKENS = 4_000;

  private final CertificateAuthority authority;
  private final CaSecret secret;
  private final ReviewedTokens tokens;
  private final RootConfigMaps roots;
  private final WebhookTrust webhooks;
  private final Leadership leadership;
  private final AgentDaemonSet agents;
  private final List<SecretWatch> watches;
  private final AtomicBoolean changed;
  private long readAt;
  private boolean failed;

  private KubernetesPlatform(
      CertificateAuthority authority,
      CaSecret secret,
      ReviewedTokens tokens,
      RootConfigMaps roots,
      WebhookTrust webhooks,
      Leadership leadership,
      AgentDaemonSet agents,
      List<SecretWatch> watches,
      AtomicBoolean changed) {
    this.authority = authority;
    this.secret = secret;
    this.tokens = tokens;
    this.roots = roots;
    this.webhooks = webhooks;
    this.leadership = leadership;
    this.agents = agents;
    this.watches = watches;
    this.changed = changed;
  }

  /**
   * Begins to watch; needs no answer of the API server yet.
   *
   * @param client stays the caller's
   * @param namespace of the Secrets
   * @param webhooks name of the webhook configuration
   * @param rootConfigMap name of the ConfigMap that holds the roots in every namespace
   */
  static KubernetesPlatform start(
      KubernetesClient client,
      String namespace,
      String webhooks,
      String rootConfigMap,
      CaSettings certificates,
      Leadership leadership,
      MetricRegistry metrics,
      Clock clock,
      SecureRandom random) {
    CaSecret secret = new CaSecret(client, namespace, random);
    AtomicBoolean changed = new AtomicBoolean(true);
    List<SecretWatch> watches =
        List.of(
            SecretWatch.start(client, namespace, CaSecret.NAME, () -> changed.set(true)),
            SecretWatch.start(client, namespace, PluggedSecret.NAME, () -> changed.set(true)));
    return new KubernetesPlatform(
        CertificateAuthority.shared(
            certificates, secret, new PluggedSecret(client, namespace), clock, random, PROPAGATION),
        secret,
        new ReviewedTokens(
            new KubernetesTokenReviews(client),
            clock,
            metrics,
            TOKEN_REVIEW_THREADS,
            MAX_WAITING_TOKENS),
        RootConfigMaps.start(client, leadership, metrics, rootConfigMap),
        WebhookTrust.start(client, webhooks, leadership),
        leadership,
        new AgentDaemonSet(client, namespace),
        watches,
        changed);
  }

  @Override
  public CertificateAuthority authority() {
    return authority;
  }

  @Override
  public TokenAuthenticator tokens() {
    return tokens;
  }

  @Override
  public String adminToken() throws StateException {
    return secret.adminToken();
  }

  @Override
  public void upkeep(CompiledResources newest) throws StateException {
    long now = System.nanoTime();
    long since = now - readAt;
    if (failed && since < RETRY.toNanos()) {
      return;
    }
    if (changed.getAndSet(false) || failed || since > READ_AGAIN.toNanos()) {
      readAt = now;
      failed = true;
      authority.refresh();
      failed = false;
    }
    try {
      authority.upkeep();
      if (leadership.isLeader()) {
        authority.advance();
      }
    } catch (StateException e) {
      failed = true;
      readAt = now;
      throw e;
    }
  }

  @Override
  public void handOutRoots() {
    roots.want(authority.rootsPem());
    webhooks.want(authority.rootsPem());
  }

  @Override
  public CompletionStage<Boolean> agentsLeave() {
    return agents.leaves();
  }

  @Override
  public void close() {
    watches.forEach(SecretWatch::close);
    roots.close();
    webhooks.close();
    tokens.close();
  }
}
