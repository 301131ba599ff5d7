package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.install.Conflict;
import dev.groundmesh.groundctl.install.InstallException;
import dev.groundmesh.groundctl.install.InstallSettings;
import dev.groundmesh.groundctl.install.Installer;
import dev.groundmesh.groundctl.install.MeshManifests;
import dev.groundmesh.groundctl.install.Rollout;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code install} and {@code upgrade} do alike. */
final class InstallRun {
  private final PrintWriter out;
  private final PrintWriter err;
  private final KubeOptions cluster;
  private final InstallOptions options;

  InstallRun(PrintWriter out, PrintWriter err, KubeOptions cluster, InstallOptions options) {
    this.out = out;
    this.err = err;
    this.cluster = cluster;
    this.options = options;
  }

  /**
   * Applies and waits.
   *
   * @param mustBeThere whether the mesh must be installed already
   * @param beside whether an Istio with sidecars may be there; of no effect on a mesh that is
   * @return the exit code
   */
  int run(boolean mustBeThere, boolean beside, boolean dryRun, Duration wait)
      throws InterruptedException {
    String mistake = options.mistake();
    if (mistake != null) {
      return fail(ExitCode.USAGE, mistake);
    }
    try (KubernetesClient client = cluster.require().connect()) {
      Installer installer = new Installer(client, this::say);
      Optional<InstallSettings> installed = installer.installed(cluster.rootNamespace());
      if (mustBeThere && installed.isEmpty()) {
        return fail(
            ExitCode.NO,
            "no mesh in namespace "
                + cluster.rootNamespace()
                + " (expected: an installed one; see groundctl install)");
      }
      List<Conflict> conflicts =
          mustBeThere ? List.of() : installer.conflicts(cluster.rootNamespace());
      boolean bearable = conflicts.stream().allMatch(Conflict::bearable);
      if (!conflicts.isEmpty() && !(beside && bearable)) {
        conflicts.forEach(conflict -> err.println(conflict.what()));
        return fail(
            ExitCode.NO,
            "nothing was changed (expected: none of these"
                + (bearable ? ", or --alongside-istio)" : "; see docs/migrate.md)"));
      }
      InstallSettings settings =
          options.over(installed.orElseGet(() -> defaults(cluster.rootNamespace())));
      if (!mustBeThere) {
        settings = settings.besideIstio(beside);
      }
      if (dryRun) {
        print(settings);
        return ExitCode.OK;
      }
      installer.apply(settings);
      return wait.isZero() ? ExitCode.OK : await(client, wait);
    } catch (InstallException e) {
      return fail(ExitCode.NO, e.getMessage());
    }
  }

  private static InstallSettings defaults(String namespace) {
    InstallSettings all = InstallSettings.DEFAULTS;
    return new InstallSettings(
        namespace,
        all.registry(),
        all.tag(),
        all.replicas(),
        all.trustDomain(),
        all.clusterId(),
        all.network(),
        all.failMode(),
        all.excludedNamespaces(),
        all.besideIstio());
  }

  private void print(InstallSettings settings) {
    for (HasMetadata definition : MeshManifests.definitions()) {
      out.println(MeshManifests.yaml(definition));
    }
    for (HasMetadata object : MeshManifests.objects(settings)) {
      out.println(MeshManifests.yaml(object));
    }
    out.flush();
  }

  private int await(KubernetesClient client, Duration limit) throws InterruptedException {
    Rollout rollout = new Rollout(client, cluster.rootNamespace());
    long start = System.nanoTime();
    if (rollout.await(limit, progress -> say(progress.toString()))) {
      say(String.format(Locale.ROOT, "ready after %.1f s", (System.nanoTime() - start) / 1e9));
      return ExitCode.OK;
    }
    rollout.reasons().forEach(err::println);
    return fail(ExitCode.NO, "not ready within " + limit.toSeconds() + " s");
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  private int fail(int code, @Nullable String message) {
    err.println("groundctl: " + message);
    err.flush();
    return code;
  }
}
