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
    name = "upgrade",
    description = {
      "renews an installed mesh and waits until it is ready",
      "settings that are not given stay; agents hand over node by node and refuse no connection"
    })
final class UpgradeCommand implements Callable<Integer> {
  @Mixin private KubeOptions cluster = new KubeOptions();
  @Mixin private InstallOptions options = new InstallOptions();

  @Option(names = "--dry-run", description = "print what would be applied, and change nothing")
  private boolean dryRun;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "for everything to be ready; 0: do not wait (default: ${DEFAULT-VALUE})")
  private int waitSeconds;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return new InstallRun(Streams.out(spec), Streams.err(spec), cluster, options)
        .run(true, true, dryRun, Duration.ofSeconds(waitSeconds));
  }
}
