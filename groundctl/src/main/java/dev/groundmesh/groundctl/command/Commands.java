package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.kube.KubeConfigException;
import dev.groundmesh.groundctl.mesh.MeshException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** All subcommands, and what happens when one fails. */
@Command(
    name = "groundctl",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Looks into a Groundmesh, in a cluster or on one machine, and explains what it does.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:yes, done",
      "1:the answer is no: not fit, not ready, not allowed",
      "2:called wrongly",
      "3:the mesh, or the cluster, cannot be asked"
    },
    subcommands = {
      CheckCommand.class,
      AnalyzeCommand.class,
      InstallCommand.class,
      UpgradeCommand.class,
      UninstallCommand.class,
      DemoCommand.class,
      StatusCommand.class,
      WorkloadsCommand.class,
      ServicesCommand.class,
      PoliciesCommand.class,
      CertificatesCommand.class,
      RotateRootCommand.class,
      ConnectionsCommand.class,
      ExplainCommand.class,
      LogCommand.class,
      BugReportCommand.class,
      AutoComplete.GenerateCompletion.class,
      HelpCommand.class
    })
public final class Commands {
  private Commands() {}

  /** The command line, ready to execute. */
  public static CommandLine line() {
    CommandLine line = new CommandLine(new Commands());
    line.setCommandName(System.getProperty("groundctl.name", "groundctl"));
    line.getSubcommands().values().forEach(command -> addHelp(command.getCommandSpec()));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          int code =
              switch (failure) {
                case MeshException e -> ExitCode.UNREACHABLE;
                case KubernetesClientException e -> ExitCode.UNREACHABLE;
                case KubeConfigException e -> ExitCode.USAGE;
                case UncheckedIOException e -> ExitCode.UNREACHABLE;
                default -> throw failure;
              };
          command
              .getErr()
              .println(command.getCommandSpec().root().name() + ": " + messageOf(failure));
          command.getErr().flush();
          return code;
        });
    return line;
  }

  /** The client says that an error has occurred, and keeps which one as the cause. */
  private static String messageOf(Exception failure) {
    if (failure instanceof KubernetesClientException client
        && client.getCode() <= 0
        && client.getCause() != null) {
      Throwable cause = client.getCause();
      while (cause.getClass() == IOException.class && cause.getCause() != null) {
        cause = cause.getCause();
      }
      return "the Kubernetes API server cannot be asked: " + cause;
    }
    return String.valueOf(failure.getMessage());
  }

  private static void addHelp(CommandSpec command) {
    if (command.findOption("--help") == null) {
      command.addOption(
          OptionSpec.builder("-h", "--help")
              .usageHelp(true)
              .description("show this help message and exit")
              .build());
    }
  }
}
