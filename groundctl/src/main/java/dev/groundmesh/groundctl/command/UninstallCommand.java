package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.install.InstallException;
import dev.groundmesh.groundctl.install.Installer;
import dev.groundmesh.groundctl.install.Uninstaller;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "uninstall",
    description = {
      "takes the mesh out of a cluster",
      "first the agents, which release their pods, then the rest; connections that run through an agent end with it, the namespace and the users' policies stay"
    })
final class UninstallCommand implements Callable<Integer> {
  @Mixin private KubeOptions cluster = new KubeOptions();

  @Option(
      names = "--crds",
      description = "remove the resource definitions too, and every policy with them")
  private boolean definitions;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "for the nodes to be released (default: ${DEFAULT-VALUE})")
  private int waitSeconds;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = Streams.out(spec);
    PrintWriter err = Streams.err(spec);
    try (KubernetesClient client = cluster.require().connect()) {
      new Installer(client, line -> {}).installed(cluster.rootNamespace());
      Uninstaller uninstaller =
          new Uninstaller(
              client,
              cluster.rootNamespace(),
              line -> {
                out.println(line);
                out.flush();
              });
      boolean released = uninstaller.removeAgents(Duration.ofSeconds(waitSeconds));
      if (!released) {
        err.println(
            "groundctl: not every agent ended within "
                + waitSeconds
                + " s; the controller is left, so that they can still end in good order");
        return ExitCode.NO;
      }
      if (!uninstaller.removeRest(definitions, Duration.ofSeconds(waitSeconds))) {
        err.println(
            "groundctl: not every controller ended within "
                + waitSeconds
                + " s; the certificate authority's Secret is left: run it again");
        return ExitCode.NO;
      }
      return ExitCode.OK;
    } catch (InstallException e) {
      err.println("groundctl: " + e.getMessage());
      return ExitCode.NO;
    }
  }
}
