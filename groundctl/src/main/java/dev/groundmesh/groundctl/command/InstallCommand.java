package dev.groundmesh.groundctl.command;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "install",
    description = {
      "puts the mesh into a cluster and waits until it is ready",
      "asked again, to the same effect; exits 1 if something is in its way or it does not become ready"
    })
final class InstallCommand implements Callable<Integer> {
  @Mixin private KubeOptions cluster = new KubeOptions();
  @Mixin private InstallOptions options = new InstallOptions();

  @Option(
      names = "--alongside-istio",
      description = "install beside an Istio with sidecars, and leave it its names")
  private boolean alongside;

  @Option(names = "--dry-run", description = "print what would be applied, and change nothing")
  private boolean dryRun;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "180",
      description = "for everything to be ready; 0: do not wait (default: ${DEFAULT-VALUE})")
  private int waitSeconds;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return new InstallRun(Streams.out(spec), Streams.err(spec), cluster, options)
        .run(false, alongside, dryRun, Duration.ofSeconds(waitSeconds));
  }
}
