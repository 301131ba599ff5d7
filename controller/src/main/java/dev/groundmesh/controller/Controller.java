package dev.groundmesh.controller;

import dev.groundmesh.controller.ControllerSettings.InvalidSettingException;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.auth.TokenKey;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.source.FolderSource;
import dev.groundmesh.controller.source.ObjectSource;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.controller.status.StatusFolder;
import dev.groundmesh.controller.xds.DiscoverySettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane's process.
 *
 * <p>{@code controller --manifests=... --state-dir=...} serves until it is told to stop. {@code
 * controller token <state-dir> <namespace> <serviceAccount> <lifetime in seconds>} prints a token
 * of a service account; only who can read the signing key can make one.
 */
public final class Controller {

  private static final Logger log = LoggerFactory.getLogger(Controller.class);

  /** A folder of a hundred thousand pods is read in a fraction of it. */
  private static final Duration FIRST_READ_PATIENCE = Duration.ofMinutes(5);

  private final ControlPlane controlPlane;
  private final ObjectSource source;

  private Controller(ControlPlane controlPlane, ObjectSource source) {
    this.controlPlane = controlPlane;
    this.source = source;
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
    } catch (StateException | IOException | GeneralSecurityException e) {
      err.println("controller: " + e.getMessage());
      return 1;
    }
  }

  /** Starts everything, and returns when agents are served. */
  static Controller start(ControllerSettings settings)
      throws StateException, IOException, GeneralSecurityException, InterruptedException {
    StateDirectory state = StateDirectory.open(settings.stateDirectory());
    ObjectSource source =
        FolderSource.open(settings.manifests(), System::nanoTime, state.path("last-good"));
    ControlPlane controlPlane =
        ControlPlane.open(
            controlPlane(settings),
            state,
            // A folder holds manifests, which are not written back: the report is logged and
            // counted.
            _ -> CompletableFuture.completedFuture(null),
            Clock.systemUTC(),
            new SecureRandom());
    Controller controller = new Controller(controlPlane, source);
    try {
      controlPlane.startAdmin();
      source.start(
          new MeshCompiler(
              compile(settings),
              AutoAddresses.load(state.path("auto-addresses")),
              controlPlane,
              new StatusFolder(settings.manifests())));
      if (!controlPlane.startServing(FIRST_READ_PATIENCE)) {
        throw new IOException(
            "manifests: "
                + settings.manifests()
                + " (expected: read within "
                + FIRST_READ_PATIENCE.toSeconds()
                + " s)");
      }
      log.info(
          "serving xDS and certificates on port {}, admin on port {}",
          controlPlane.xdsPort(),
          controlPlane.adminPort());
      return controller;
    } catch (IOException | StateException | InterruptedException | RuntimeException e) {
      controller.stop();
      throw e;
    }
  }

  /** Stops; agents are told to come back later. */
  void stop() {
    source.close();
    controlPlane.close();
  }

  ControlPlane controlPlane() {
    return controlPlane;
  }

  private static ControlPlane.Settings controlPlane(ControllerSettings settings) {
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
        settings.servingNames(),
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

  private static CompileSettings compile(ControllerSettings settings) {
    return new CompileSettings(
        settings.clusterId(),
        settings.network(),
        settings.trustDomain(),
        settings.rootNamespace(),
        settings.clusterDomain(),
        settings.excludedNamespaces(),
        settings.denyWhatL4CannotMatch(),
        settings.allowDryRun(),
        true,
        false);
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
