package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.demo.Demo;
import dev.groundmesh.groundctl.mesh.MeshContext;
import dev.groundmesh.groundctl.output.Terminal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description = {
      "runs a mesh on this machine and shows it working; needs root",
      "on a terminal it stays up at the end, with commands to try; exits 1 if a claim does not hold"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--stay",
      negatable = true,
      description = "whether to stay up at the end (default: on a terminal)")
  private @Nullable Boolean stay;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Streams.out(spec);
    String home = System.getProperty("groundmesh.home");
    if (home == null) {
      Streams.err(spec)
          .println(
              "groundctl: groundmesh.home: (unset) (expected: the folder of a build; its launcher sets it)");
      return ExitCode.USAGE;
    }
    boolean person = Terminal.isPresent();
    boolean stays = stay == null ? person : stay;
    int broken =
        Demo.run(
            out,
            person && System.getenv("NO_COLOR") == null,
            Demo.Programs.ofBuild(Path.of(home)),
            stays ? () -> stayUp(out, home) : () -> {});
    return broken == 0 ? ExitCode.OK : ExitCode.NO;
  }

  /** Until Ctrl-C, which ends the JVM: the lab's own hook takes everything down. */
  private static void stayUp(PrintWriter out, String home) {
    String groundctl =
        Path.of("")
            .toAbsolutePath()
            .relativize(Path.of(home))
            .resolve("groundctl/target/groundctl")
            .toString();
    // A cluster that the environment names would be asked otherwise.
    String meant =
        System.getenv("KUBECONFIG") == null ? "" : " --context-file " + MeshContext.DEFAULT_FILE;
    out.println();
    out.println("The mesh stays up until Ctrl-C. In another terminal, try:");
    for (String command :
        new String[] {
          "status",
          "workloads",
          "connections",
          "certificates",
          "policies",
          "explain --from shop/intruder --to shop/catalog --port 80",
          "log --level access=debug"
        }) {
      out.println("  " + groundctl + " " + command + meant);
    }
    out.flush();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
