package dev.groundmesh.controller;

import dev.groundmesh.controller.admin.AdminServer;
import dev.groundmesh.controller.auth.CallAuthenticator;
import dev.groundmesh.controller.auth.NodeAuthorizer;
import dev.groundmesh.controller.auth.NodeTokenFiles;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.auth.TokenKey;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.ca.CertificateAuthority.RefusedException;
import dev.groundmesh.controller.ca.CertificateService;
import dev.groundmesh.controller.ca.ServerIdentity;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.ResourceDelta;
import dev.groundmesh.controller.compile.ResourceSink;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.redirection.RedirectionService;
import dev.groundmesh.controller.redirection.RedirectionSink;
import dev.groundmesh.controller.server.ControlPlaneServer;
import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.controller.xds.DiscoveryService;
import dev.groundmesh.controller.xds.DiscoverySettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that serves what a compile publishes: discovery, certificates, tokens and the admin
 * endpoint. Whoever feeds it need not know any of them.
 */
public final class ControlPlane implements ResourceSink, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);

  private static final Duration SERVING_LIFETIME = Duration.ofHours(24);
  private static final Duration TOKEN_LEEWAY = Duration.ofSeconds(10);
  private static final Duration STOP_GRACE = Duration.ofSeconds(5);
  private static final String ADMIN_TOKEN_FILE = "admin-token";

  /**
   * How a control plane serves.
   *
   * @param trustedNodeAccounts {@code namespace/serviceAccount} of node agents
   * @param agentNamespace of the account that node tokens are made for
   * @param agentAccount the account that node tokens are made for
   * @param servingNames further names and addresses of the serving certificate
   * @param threads for event loops, calls and sending, each
   */
  public record Settings(
      InetSocketAddress xdsAddress,
      InetSocketAddress adminAddress,
      String clusterId,
      CaSettings certificates,
      Set<String> trustedNodeAccounts,
      String agentNamespace,
      String agentAccount,
      Duration tokenLifetime,
      List<String> servingNames,
      DiscoverySettings discovery,
      ServerSettings server,
      int threads) {}

  private final Settings settings;
  private final StateDirectory state;
  private final CertificateAuthority authority;
  private final DiscoveryService discovery;
  private final CertificateService certificates;
  private final RedirectionService redirections;
  private final SignedTokens tokens;
  private final NodeTokenFiles nodeTokens;
  private final MetricRegistry metrics;
  private final Clock clock;
  private final ScheduledExecutorService upkeep;
  private final CountDownLatch synced = new CountDownLatch(1);
  private long tokensAtRevision = -1;
  private ServerIdentity identity;
  private @Nullable ControlPlaneServer server;
  private @Nullable AdminServer admin;
  private volatile boolean serving;

  private ControlPlane(
      Settings settings,
      StateDirectory state,
      CertificateAuthority authority,
      TokenKey tokenKey,
      RedirectionSink redirections,
      Clock clock)
      throws GeneralSecurityException {
    this.settings = settings;
    this.state = state;
    this.authority = authority;
    this.clock = clock;
    this.metrics = new MetricRegistry();
    this.tokens = new SignedTokens(tokenKey, clock, TOKEN_LEEWAY);
    CallAuthenticator authenticator = new CallAuthenticator(tokens, metrics);
    NodeAuthorizer nodes =
        new NodeAuthorizer(
            settings.trustedNodeAccounts(), settings.certificates().trustDomain(), this::newest);
    this.discovery =
        new DiscoveryService(
            settings.discovery(),
            settings.clusterId(),
            authenticator,
            nodes,
            metrics,
            clock,
            settings.threads());
    this.certificates =
        new CertificateService(authority, authenticator, nodes, metrics, settings.threads(), 2_000);
    this.redirections =
        new RedirectionService(authenticator, nodes, this::newest, redirections, metrics);
    this.nodeTokens =
        new NodeTokenFiles(
            state,
            tokens,
            settings.agentNamespace(),
            settings.agentAccount(),
            settings.tokenLifetime(),
            clock);
    this.identity = newIdentity();
    this.upkeep =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("upkeep").daemon().factory());
  }

  /**
   * Loads or makes the keys; serves nothing yet.
   *
   * @param redirections where what agents tell of their pods is recorded
   * @throws StateException if what is in the state directory is damaged
   */
  public static ControlPlane open(
      Settings settings,
      StateDirectory state,
      RedirectionSink redirections,
      Clock clock,
      SecureRandom random)
      throws StateException, GeneralSecurityException {
    CertificateAuthority authority =
        CertificateAuthority.open(settings.certificates(), state, clock, random);
    TokenKey tokenKey = TokenKey.loadOrCreate(state, random);
    if (state.read(ADMIN_TOKEN_FILE).isEmpty()) {
      byte[] token = new byte[32];
      random.nextBytes(token);
      state.writeSecret(
          ADMIN_TOKEN_FILE, Base64.getUrlEncoder().withoutPadding().encodeToString(token) + '\n');
    }
    state.writePublic(CertificateAuthority.ROOTS_FILE, authority.rootsPem());
    return new ControlPlane(settings, state, authority, tokenKey, redirections, clock);
  }

  private CompiledResources newest() {
    return discovery.newest();
  }

  @Override
  public void publish(CompiledResources snapshot, ResourceDelta delta) {
    discovery.publish(snapshot, delta);
    synced.countDown();
  }

  /** The admin endpoint, before anything is ready, so that {@code /ready} can say so. */
  public void startAdmin() throws IOException, StateException {
    String token = state.read(ADMIN_TOKEN_FILE).map(String::strip).orElse("");
    if (token.isEmpty()) {
      throw new StateException(
          state.path(ADMIN_TOKEN_FILE), "is empty (expected: the admin token)", null);
    }
    admin =
        AdminServer.start(
            settings.adminAddress(),
            discovery,
            authority,
            metrics,
            () -> serving,
            this::rotate,
            token);
  }

  /**
   * Serves agents, once the first snapshot is there: one that came earlier would be told to forget
   * all it holds.
   *
   * @return false if no snapshot came in the time given
   */
  public boolean startServing(Duration patience) throws IOException, InterruptedException {
    if (!synced.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    refreshTokens();
    server =
        ControlPlaneServer.start(
            settings.xdsAddress(),
            identity,
            settings.server(),
            metrics,
            settings.threads(),
            List.of(discovery.definition(), certificates.definition(), redirections.definition()));
    upkeep.scheduleWithFixedDelay(this::upkeep, 250, 250, TimeUnit.MILLISECONDS);
    serving = true;
    return true;
  }

  /** The port of xDS and certificates. */
  public int xdsPort() {
    if (server == null) {
      throw new IllegalStateException("not serving");
    }
    return server.port();
  }

  /** The port of the admin endpoint. */
  public int adminPort() {
    if (admin == null) {
      throw new IllegalStateException("no admin endpoint");
    }
    return admin.port();
  }

  /** Makes tokens of service accounts that this control plane accepts. */
  public SignedTokens tokens() {
    return tokens;
  }

  /** What is served, and to whom. */
  public DiscoveryService discovery() {
    return discovery;
  }

  private String rotate(boolean force) throws RefusedException, StateException {
    String phase = authority.rotate(force);
    try {
      followTrust();
    } catch (StateException | GeneralSecurityException | IOException e) {
      // The upkeep tries again.
      log.error("{}", e.getMessage());
    }
    return phase;
  }

  /**
   * Serves with, and hands out, what the authority says now. The certificate goes first: who reads
   * the new roots must be able to verify it.
   */
  private synchronized void followTrust()
      throws StateException, GeneralSecurityException, IOException {
    if (!authority.isCurrent(identity) || !clock.instant().isBefore(identity.renewAfter())) {
      identity = newIdentity();
      if (server != null) {
        server.show(identity);
      }
      log.info("serving with a new certificate");
    }
    Optional<String> exported = state.read(CertificateAuthority.ROOTS_FILE);
    if (!exported.equals(Optional.of(authority.rootsPem()))) {
      state.writePublic(CertificateAuthority.ROOTS_FILE, authority.rootsPem());
    }
  }

  private void upkeep() {
    try {
      authority.reload();
      refreshTokens();
      followTrust();
    } catch (StateException e) {
      log.error("{}", e.getMessage());
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      log.error("upkeep failed, the former state stays in force", e);
    }
  }

  private void refreshTokens() {
    CompiledResources now = discovery.newest();
    // Renewals are due every few hours; new nodes come with a new revision.
    long minute = clock.instant().getEpochSecond() / 60;
    long mark = now.revision() * 31 + minute;
    if (mark != tokensAtRevision) {
      tokensAtRevision = mark;
      nodeTokens.refresh(now.nodes());
    }
  }

  private ServerIdentity newIdentity() throws GeneralSecurityException {
    List<GeneralName> names = new ArrayList<>();
    for (String name :
        List.of("istiod.istio-system.svc", "istiod.istio-system.svc.cluster.local", "localhost")) {
      names.add(new GeneralName(GeneralName.dNSName, name));
    }
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    names.add(new GeneralName(GeneralName.iPAddress, "::1"));
    for (String name : settings.servingNames()) {
      boolean isAddress = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
      names.add(new GeneralName(isAddress ? GeneralName.iPAddress : GeneralName.dNSName, name));
    }
    return authority.serverIdentity(names, SERVING_LIFETIME);
  }

  /** Ends streams, waits a little for calls under way, and stops. */
  @Override
  public void close() {
    serving = false;
    upkeep.shutdownNow();
    discovery.drain();
    if (server != null) {
      try {
        server.stop(STOP_GRACE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    discovery.close();
    certificates.close();
    if (admin != null) {
      admin.close();
    }
  }
}
