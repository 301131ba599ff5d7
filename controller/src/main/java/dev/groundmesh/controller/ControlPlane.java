package dev.groundmesh.controller;

import dev.groundmesh.controller.admin.AdminServer;
import dev.groundmesh.controller.auth.CallAuthenticator;
import dev.groundmesh.controller.auth.NodeAuthorizer;
import dev.groundmesh.controller.auth.SignedTokens;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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
  private static final Duration STOP_GRACE = Duration.ofSeconds(5);

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
  private final Platform platform;
  private final CertificateAuthority authority;
  private final DiscoveryService discovery;
  private final CertificateService certificates;
  private final RedirectionService redirections;
  private final MetricRegistry metrics;
  private final Clock clock;
  private final ScheduledExecutorService upkeep;
  private final CountDownLatch synced = new CountDownLatch(1);
  private final CountDownLatch ready = new CountDownLatch(1);
  private String told = "";
  private boolean lookedAfter;
  private final Consumer<ServerIdentity> showToo;
  private @Nullable ServerIdentity identity;
  private volatile @Nullable ControlPlaneServer server;
  private @Nullable AdminServer admin;
  private volatile boolean serving;

  private ControlPlane(
      Settings settings,
      Platform platform,
      RedirectionSink redirections,
      Consumer<ServerIdentity> showToo,
      MetricRegistry metrics,
      Clock clock) {
    this.settings = settings;
    this.showToo = showToo;
    this.platform = platform;
    this.authority = platform.authority();
    this.clock = clock;
    this.metrics = metrics;
    CallAuthenticator authenticator = new CallAuthenticator(platform.tokens(), metrics);
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
        new RedirectionService(
            authenticator, nodes, this::newest, redirections, platform::agentsLeave, metrics);
    this.upkeep =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("upkeep").daemon().factory());
  }

  /**
   * A control plane on the files of a directory: loads or makes the keys; serves nothing yet.
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
      throws StateException {
    return on(
        DirectoryPlatform.open(
            state,
            settings.certificates(),
            settings.agentNamespace(),
            settings.agentAccount(),
            settings.tokenLifetime(),
            clock,
            random),
        settings,
        redirections,
        identity -> {},
        new MetricRegistry(),
        clock);
  }

  /**
   * A control plane on whatever platform; serves nothing yet, and closes the platform at last.
   *
   * @param showToo another server of this process that shows the same certificate
   */
  static ControlPlane on(
      Platform platform,
      Settings settings,
      RedirectionSink redirections,
      Consumer<ServerIdentity> showToo,
      MetricRegistry metrics,
      Clock clock) {
    return new ControlPlane(settings, platform, redirections, showToo, metrics, clock);
  }

  private CompiledResources newest() {
    return discovery.newest();
  }

  @Override
  public void publish(CompiledResources snapshot, ResourceDelta delta) {
    discovery.publish(snapshot, delta);
    synced.countDown();
  }

  /**
   * The admin endpoint, before anything is ready, so that {@code /ready} can say so. From now on
   * the platform is looked after.
   */
  public void startAdmin() throws IOException {
    admin =
        AdminServer.start(
            settings.adminAddress(),
            discovery,
            authority,
            metrics,
            this::whatIsMissing,
            this::rotate,
            platform::adminToken);
    lookAfterThePlatform();
  }

  private synchronized void lookAfterThePlatform() {
    if (!lookedAfter) {
      lookedAfter = true;
      upkeep.scheduleWithFixedDelay(this::upkeep, 0, 250, TimeUnit.MILLISECONDS);
    }
  }

  /** Why agents are not served; empty if they are. */
  private String whatIsMissing() {
    if (serving) {
      return "";
    }
    if (!authority.isReady()) {
      return "certificate authority: " + authority.problem();
    }
    return synced.getCount() > 0 ? "sources are not read yet" : "not serving";
  }

  /**
   * Serves agents, once the first snapshot is there and the certificate authority is ready: an
   * agent that came earlier would be told to forget all it holds.
   *
   * @return what is missing if it did not come in the time given; empty: serving
   */
  public Optional<String> startServing(Duration patience) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    lookAfterThePlatform();
    if (!synced.await(patience.toMillis(), TimeUnit.MILLISECONDS)
        || !ready.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      return Optional.of(whatIsMissing());
    }
    try {
      // Whoever is told that we serve finds the token to come with.
      upkeep.submit(this::upkeep).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return Optional.of("the upkeep does not end: " + e);
    }
    synchronized (this) {
      if (identity == null) {
        throw new IllegalStateException("ready without a certificate");
      }
      server =
          ControlPlaneServer.start(
              settings.xdsAddress(),
              identity,
              settings.server(),
              metrics,
              settings.threads(),
              List.of(DiscoveryService.tracer(), CertificateService.tracer()),
              List.of(
                  discovery.definition(), certificates.definition(), redirections.definition()));
    }
    serving = true;
    return Optional.empty();
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

  /**
   * Makes tokens of service accounts that this control plane accepts.
   *
   * @throws IllegalStateException if others make them
   */
  public SignedTokens tokens() {
    if (platform instanceof DirectoryPlatform directory) {
      return directory.signedTokens();
    }
    throw new IllegalStateException("tokens are made by the platform");
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
    if (!authority.isReady()) {
      return;
    }
    ServerIdentity shown = identity;
    if (shown == null
        || !authority.isCurrent(shown)
        || !clock.instant().isBefore(shown.renewAfter())) {
      ServerIdentity next = newIdentity();
      if (server != null) {
        server.show(next);
        log.info("serving with a new certificate");
      }
      showToo.accept(next);
      identity = next;
      ready.countDown();
    }
    platform.handOutRoots();
  }

  private void upkeep() {
    try {
      platform.upkeep(discovery.newest());
    } catch (StateException e) {
      tellOnce(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.error("upkeep failed, the former state stays in force", e);
    }
    try {
      followTrust();
    } catch (StateException e) {
      tellOnce(String.valueOf(e.getMessage()));
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      log.error("upkeep failed, the former state stays in force", e);
    }
  }

  private void tellOnce(String problem) {
    if (!problem.equals(told)) {
      told = problem;
      log.error("{}", problem);
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
    discovery.drain();
    upkeep.shutdown();
    try {
      // A write under way is better finished.
      upkeep.awaitTermination(STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    upkeep.shutdownNow();
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
    platform.close();
  }
}
