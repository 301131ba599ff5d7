package dev.groundmesh.nodeagent;

import dev.groundmesh.nodeagent.cni.CniInstallation;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.config.ConfigException;
import dev.groundmesh.nodeagent.log.Log;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of a node agent. */
public final class NodeAgent {
  private static final Logger log = LoggerFactory.getLogger(NodeAgent.class);
  private static final int EXIT_CONFIG = 2;
  private static final int EXIT_START = 1;
  private static final int EXIT_FAULT = 70;

  private NodeAgent() {}

  /**
   * Runs until SIGTERM or SIGINT; exits 1 if it cannot start, 2 if a setting is no good and 70 if
   * an event loop died. With the arguments {@code cni uninstall}: takes the CNI plugin off the node
   * and ends; with the argument {@code uninstall}: releases every pod as well, and leaves nothing
   * of the agent on the node.
   */
  public static void main(String[] args) throws InterruptedException {
    AgentConfig config;
    try {
      config =
          AgentConfig.fromEnvironment(System.getenv(), Runtime.getRuntime().availableProcessors());
    } catch (ConfigException e) {
      log.error("{}", e.getMessage());
      exit(EXIT_CONFIG);
      return;
    }
    if (args.length > 0) {
      exit(command(List.of(args), config));
      return;
    }
    try {
      Agent agent = Agent.start(config, () -> exit(EXIT_FAULT));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    agent.shutDown();
                    Log.ofProcess().close();
                  },
                  "shutdown"));
    } catch (IOException | RuntimeException e) {
      log.error("the agent cannot start: {}", e.getMessage(), e);
      exit(EXIT_START);
    }
    new CountDownLatch(1).await();
  }

  private static int command(List<String> arguments, AgentConfig config) {
    boolean whole = arguments.equals(List.of("uninstall"));
    if (!whole && !arguments.equals(List.of("cni", "uninstall"))) {
      log.error("arguments: {} (expected: none, uninstall or cni uninstall)", arguments);
      return EXIT_CONFIG;
    }
    try {
      new CniInstallation(config.cni()).remove();
      if (whole) {
        NodeRemoval.remove(config);
      }
      return 0;
    } catch (IOException | RuntimeException e) {
      log.error("not removed from the node: {}", e.getMessage(), e);
      return EXIT_START;
    }
  }

  private static void exit(int status) {
    Log.ofProcess().close();
    Runtime.getRuntime().halt(status);
  }
}
