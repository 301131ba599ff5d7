package dev.groundmesh.controller;

import dev.groundmesh.controller.ControllerSettings.InvalidSettingException;
import dev.groundmesh.controller.ControllerSettings.Source;
import dev.groundmesh.controller.admission.AdmissionServer;
import dev.groundmesh.controller.admission.ObjectValidation;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.auth.TokenKey;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.cluster.AccessCheck;
import dev.groundmesh.controller.cluster.AgentDaemonSet;
import dev.groundmesh.controller.cluster.ApiServer;
import dev.groundmesh.controller.cluster.InstallationTraces;
import dev.groundmesh.controller.cluster.PodAnnotations;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.kubernetes.AddressAllocator;
import dev.groundmesh.controller.kubernetes.KubernetesLease;
import dev.groundmesh.controller.kubernetes.KubernetesSource;
import dev.groundmesh.controller.kubernetes.KubernetesStatuses;
import dev.groundmesh.controller.kubernetes.WatchSettings;
import dev.groundmesh.controller.leader.LeaseLeadership;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.policy.AuthorizationConversion;
import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.source.FolderSource;
import dev.groundmesh.controller.source.ObjectSource;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.controller.status.StatusFolder;
import dev.groundmesh.controller.xds.DiscoverySettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane's process.
 *
 * <p>{@code controller --manifests=... --state-dir=...} serves until it is told to stop, as does
 * {@code controller --source=kubernetes}, in a pod or, with a kubeconfig, outside. {@code
 * controller token <state-dir> <namespace> <serviceAccount> <lifetime in seconds>} prints a token
 * of a service account; only who can read the signing key can make one.
 */
public final class Controller {

  private static final Logger log = LoggerFactory.getLogger(Controller.class);

  /** A folder of a hundred thousand pods is read in a fraction of it. */
  private static final Duration FIRST_READ_PATIENCE = Duration.ofMinutes(5);

  /** Of the service, the lease and the webhooks. */
  private static final String NAME = "groundmesh-controller";

  private static final String REMOVE_AGENTS = "remove-agents";
  private static final String REMOVE_TRACES = "remove-traces";
  private static final Duration REMOVAL_PATIENCE = Duration.ofMinutes(5);
  private static final Duration FIRST_WORD = Duration.ofSeconds(10);
  private static final Duration PATIENCE_BETWEEN_WORDS = Duration.ofMinutes(1);

  private final ControlPlane controlPlane;
  private final List<AutoCloseable> feeding;
  private final List<AutoCloseable> needed;

  /**
   * A controller whose parts run.
   *
   * @param feeding what is to be closed before the control plane
   * @param needed what is to be closed after it
   */
  private Controller(
      ControlPlane controlPlane, List<AutoCloseable> feeding, List<AutoCloseable> needed) {
    this.controlPlane = controlPlane;
    this.feeding = feeding;
    this.needed = needed;
  }

  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws InterruptedException {
    int code = run(Arrays.asList(arguments), System.getenv(), System.out, System.err);
    if (code >= 0) {
      System.exit(code);
    }
  }

  /**
   * Does what the arguments say.
   *
   * @return the exit code; below zero when the controller served until it was stopped
   */
  static int run(
      List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err)
      throws InterruptedException {
    if (arguments.contains("--help")) {
      out.print(ControllerSettings.help());
      return 0;
    }
    try {
      if (!arguments.isEmpty() && arguments.getFirst().equals("token")) {
        out.println(token(arguments));
        return 0;
      }
      if (arguments.equals(List.of(REMOVE_AGENTS))) {
        return removed(
            "agents",
            environment,
            err,
            (client, namespace) -> new AgentDaemonSet(client, namespace).remove(REMOVAL_PATIENCE));
      }
      if (arguments.equals(List.of(REMOVE_TRACES))) {
        return removed(
            "controllers",
            environment,
            err,
            (client, namespace) ->
                new InstallationTraces(client, namespace, NAME).remove(REMOVAL_PATIENCE));
      }
      Controller controller = start(ControllerSettings.parse(arguments, environment));
      CountDownLatch stopped = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    controller.stop();
                    stopped.countDown();
                  },
                  "shutdown"));
      stopped.await();
      return -1;
    } catch (InvalidSettingException e) {
      err.println("controller: " + e.getMessage());
      return 2;
    } catch (StateException | IOException e) {
      err.println("controller: " + e.getMessage());
      return 1;
    }
  }

  /** A part of an uninstall; gives the pods that it waited for in vain. */
  @FunctionalInterface
  private interface Removal {
    int run(KubernetesClient client, String namespace) throws InterruptedException;
  }

  /**
   * The halves of an uninstall: the agents leave while controllers still answer them, and what
   * controllers made goes when none is left to make it again.
   */
  private static int removed(
      String pods, Map<String, String> environment, PrintStream err, Removal removal)
      throws IOException, InterruptedException, InvalidSettingException {
    String namespace = environment.get("POD_NAMESPACE");
    if (namespace == null) {
      throw new InvalidSettingException("POD_NAMESPACE: none (expected: where the mesh is)");
    }
    try (KubernetesClient client = ApiServer.client(null, "")) {
      int left = removal.run(client, namespace);
      if (left > 0) {
        err.println("controller: " + pods + " that have not ended: " + left + " (expected: none)");
        return 1;
      }
      return 0;
    }
  }

  /** Starts everything, and returns when agents are served. */
  static Controller start(ControllerSettings settings)
      throws StateException, IOException, InterruptedException {
    return switch (settings.source()) {
      case Source.Folder folder -> startOnFolder(settings, folder);
      case Source.Kubernetes kubernetes -> startOnKubernetes(settings, kubernetes);
    };
  }

  private static Controller startOnFolder(ControllerSettings settings, Source.Folder folder)
      throws StateException, IOException, InterruptedException {
    StateDirectory state = StateDirectory.open(folder.stateDirectory());
    ObjectSource source =
        FolderSource.open(folder.manifests(), System::nanoTime, state.path("last-good"));
    ControlPlane controlPlane =
        ControlPlane.open(
            controlPlane(settings, settings.servingNames()),
            state,
            // A folder holds manifests, which are not written back: the report is logged and
            // counted.
            _ -> CompletableFuture.completedFuture(null),
            Clock.systemUTC(),
            new SecureRandom());
    Controller controller = new Controller(controlPlane, List.of(source), List.of());
    try {
      controlPlane.startAdmin();
      source.start(
          new MeshCompiler(
              compile(settings, false),
              AutoAddresses.load(state.path("auto-addresses")),
              controlPlane,
              new StatusFolder(folder.manifests())));
      Optional<String> missing = controlPlane.startServing(FIRST_READ_PATIENCE);
      if (missing.isPresent()) {
        throw new IOException(
            "manifests: "
                + folder.manifests()
                + " (expected: served within "
                + FIRST_READ_PATIENCE.toSeconds()
                + " s): "
                + missing.get());
      }
      controller.tellPorts();
      return controller;
    } catch (IOException | InterruptedException | RuntimeException e) {
      controller.stop();
      throw e;
    }
  }

  /** Waits for the API server, and for a usable certificate authority, as long as it takes. */
  private static Controller startOnKubernetes(
      ControllerSettings settings, Source.Kubernetes kubernetes)
      throws IOException, InterruptedException {
    KubernetesClient client = ApiServer.client(kubernetes.kubeconfig(), kubernetes.context());
    MetricRegistry metrics = new MetricRegistry();
    Clock clock = Clock.systemUTC();
    LeaseLeadership leadership =
        LeaseLeadership.start(
            new KubernetesLease(client, kubernetes.namespace(), NAME),
            kubernetes.replica(),
            LeaseLeadership.Settings.defaults(),
            clock,
            System::nanoTime);
    metrics.gauge(
        "groundmesh_leader",
        "1 while this replica is the one that writes.",
        () -> leadership.isLeader() ? 1 : 0);
    AccessCheck access =
        AccessCheck.start(
            client, kubernetes.namespace(), NAME, kubernetes.rootConfigMap(), metrics);
    KubernetesStatuses statuses = KubernetesStatuses.start(client, leadership, metrics, clock);
    AdmissionServer admission =
        AdmissionServer.start(
            kubernetes.webhookAddress(),
            new ObjectValidation(
                new AuthorizationConversion(
                    settings.rootNamespace(),
                    settings.trustDomain(),
                    settings.denyWhatL4CannotMatch(),
                    settings.allowDryRun()),
                settings.excludedNamespaces()),
            metrics);
    AddressAllocator addresses = AddressAllocator.start(client, leadership);
    PodAnnotations annotations = new PodAnnotations(client, metrics, clock);
    ControlPlane.Settings serving =
        controlPlane(
            settings,
            Stream.concat(
                    serviceNames(kubernetes.namespace(), settings.clusterDomain()),
                    settings.servingNames().stream())
                .toList());
    ControlPlane controlPlane =
        ControlPlane.on(
            KubernetesPlatform.start(
                client,
                kubernetes.namespace(),
                NAME,
                kubernetes.rootConfigMap(),
                serving.certificates(),
                leadership,
                metrics,
                clock,
                new SecureRandom()),
            serving,
            annotations,
            admission::show,
            metrics,
            clock);
    KubernetesSource source = KubernetesSource.open(client, WatchSettings.defaults(), metrics);
    Controller controller =
        new Controller(
            controlPlane,
            List.of(source),
            List.of(admission, annotations, addresses, statuses, leadership, access, client));
    try {
      controlPlane.startAdmin();
      MeshCompiler compiler =
          new MeshCompiler(
              compile(settings, true), AutoAddresses.recorded(), controlPlane, statuses);
      source.start(
          changes -> {
            try {
              compiler.changed(changes);
            } finally {
              addresses.changed(changes);
            }
          });
      Optional<String> missing = controlPlane.startServing(FIRST_WORD);
      while (missing.isPresent()) {
        log.warn("not serving yet: {}; not listed yet: {}", missing.get(), source.missing());
        missing = controlPlane.startServing(PATIENCE_BETWEEN_WORDS);
      }
      controller.tellPorts();
      return controller;
    } catch (IOException | InterruptedException | RuntimeException e) {
      controller.stop();
      throw e;
    }
  }

  /** What agents, ours and Istio's, and the API server call a controller in a cluster. */
  private static Stream<String> serviceNames(String namespace, String clusterDomain) {
    return Stream.of(NAME, "istiod")
        .map(service -> service + '.' + namespace)
        .flatMap(name -> Stream.of(name, name + ".svc", name + ".svc." + clusterDomain));
  }

  private void tellPorts() {
    log.info(
        "serving xDS and certificates on port {}, admin on port {}",
        controlPlane.xdsPort(),
        controlPlane.adminPort());
  }

  /** Stops; agents are told to come back later. */
  void stop() {
    feeding.forEach(Controller::close);
    controlPlane.close();
    needed.forEach(Controller::close);
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      log.warn("{} does not close", part, e);
    }
  }

  private static ControlPlane.Settings controlPlane(
      ControllerSettings settings, List<String> servingNames) {
    DiscoverySettings defaults = DiscoverySettings.defaults();
    return new ControlPlane.Settings(
        settings.xdsAddress(),
        settings.adminAddress(),
        settings.clusterId(),
        new CaSettings(
            settings.trustDomain(),
            settings.certificateLifetime(),
            settings.maxCertificateLifetime(),
            settings.caCertificates()),
        settings.trustedNodeAccounts(),
        settings.rootNamespace(),
        settings.agentAccount(),
        settings.tokenLifetime(),
        servingNames,
        new DiscoverySettings(
            settings.debounce(),
            defaults.firstRequestTimeout(),
            defaults.answerTimeout(),
            defaults.maxStreams(),
            defaults.maxStreamsPerAccount(),
            defaults.concurrentSyncs(),
            defaults.rememberedNames()),
        ServerSettings.defaults(),
        Runtime.getRuntime().availableProcessors());
  }

  private static CompileSettings compile(ControllerSettings settings, boolean inCluster) {
    return new CompileSettings(
        settings.clusterId(),
        settings.network(),
        settings.trustDomain(),
        settings.rootNamespace(),
        settings.clusterDomain(),
        settings.excludedNamespaces(),
        settings.denyWhatL4CannotMatch(),
        settings.allowDryRun(),
        settings.refuseWithoutWaypoint(),
        !inCluster,
        inCluster);
  }

  private static String token(List<String> arguments)
      throws InvalidSettingException, StateException {
    if (arguments.size() != 5 || !arguments.get(4).matches("[1-9][0-9]{0,8}")) {
      throw new InvalidSettingException(
          "arguments: "
              + arguments
              + " (expected: token <state-dir> <namespace> <serviceAccount> <lifetime in seconds>)");
    }
    StateDirectory state = StateDirectory.open(Path.of(arguments.get(1)));
    SignedTokens tokens =
        new SignedTokens(
            TokenKey.loadOrCreate(state, new SecureRandom()), Clock.systemUTC(), Duration.ZERO);
    return tokens.issue(
        new Caller(arguments.get(2), arguments.get(3), null, null),
        Duration.ofSeconds(Integer.parseInt(arguments.get(4))));
  }
}
