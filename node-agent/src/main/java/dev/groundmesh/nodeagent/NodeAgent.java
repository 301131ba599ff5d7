package dev.groundmesh.nodeagent;

import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.config.ConfigException;
import dev.groundmesh.nodeagent.log.Log;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of a node agent. */
public final class NodeAgent {
  private static final Logger log = LoggerFactory.getLogger(NodeAgent.class);
  private static final int EXIT_CONFIG = 2;
  private static final int EXIT_START = 1;

  private NodeAgent() {}

  /** Runs until SIGTERM or SIGINT; exits 1 if it cannot start and 2 if a setting is no good. */
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
    try {
      Agent agent = Agent.start(config);
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

  private static void exit(int status) {
    Log.ofProcess().close();
    Runtime.getRuntime().halt(status);
  }
}
