package dev.groundmesh.lab.mesh;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.process.Cgroup;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.ProgramSpec;
import dev.groundmesh.lab.process.Readiness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mesh of a lab: a controller that watches the lab's manifests, and agents on its nodes.
 *
 * <pre>{@code
 * Mesh mesh = Mesh.of(lab);
 * mesh.startController();
 * mesh.startAgent(a);
 * mesh.startAgent(b);
 * lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
 * }</pre>
 */
public final class Mesh {
  public static final int XDS_PORT = 15012;
  public static final int CONTROLLER_ADMIN_PORT = 15014;
  public static final int AGENT_ADMIN_PORT = 15000;
  public static final int AGENT_METRICS_PORT = 15020;
  public static final int AGENT_READINESS_PORT = 15021;

  private static final String AGENT_STATE = "agent";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Lab lab;
  private final Node control;
  private final JavaCommand controllerCommand;
  private final JavaCommand agentCommand;

  private Mesh(Lab lab, JavaCommand controllerCommand, JavaCommand agentCommand) {
    this.lab = lab;
    this.controllerCommand = controllerCommand;
    this.agentCommand = agentCommand;
    control = lab.node("control");
  }

  /**
   * A mesh whose programs come from this JVM's class path; adds the node {@code control} to the
   * lab.
   */
  public static Mesh of(Lab lab) {
    ClassPath classPath = ClassPath.ofThisJvm();
    return of(lab, classPath, classPath);
  }

  /** A mesh of programs with class paths of their own. */
  public static Mesh of(Lab lab, ClassPath controller, ClassPath agent) {
    return new Mesh(lab, JvmProfile.controller(controller), JvmProfile.agent(agent));
  }

  /** The same mesh with agents run by another command line. */
  public Mesh withAgents(JavaCommand command) {
    return new Mesh(lab, controllerCommand, command);
  }

  /** The same mesh with a controller run by another command line. */
  public Mesh withController(JavaCommand command) {
    return new Mesh(lab, command, agentCommand);
  }

  /** The node that the controller runs on. */
  public Node control() {
    return control;
  }

  /** The controller's state: its keys, {@code root-cert.pem}, the nodes' tokens. */
  public Path controllerState() {
    return control.directory("controller");
  }

  /** What the agent of a node proves itself with. */
  public Path tokenOf(Node node) {
    return controllerState().resolve("tokens").resolve(node.name()).resolve("istio-token");
  }

  /** The controller, to be started with further settings. */
  public ProgramSpec controller(String... arguments) {
    return control
        .program(controllerCommand.line(arguments))
        .named("controller")
        .env("GROUNDMESH_MANIFESTS", lab.manifests().folder().toString())
        .env("GROUNDMESH_STATE_DIR", controllerState().toString())
        .env("GROUNDMESH_SERVING_NAMES", control.ipv4() + "," + control.ipv6());
  }

  /** Starts the controller and waits until it serves. */
  public Program startController() {
    return controller().start().await(Readiness.listening(XDS_PORT), START_LIMIT);
  }

  /**
   * The environment by which an agent of the node reaches the controller and proves who it is. The
   * names are ztunnel's, so that a ztunnel can be given the same.
   */
  public Map<String, String> controlPlaneEnvironment(Node node) {
    var environment = new LinkedHashMap<String, String>();
    String address = "https://" + control.ipv4() + ":" + XDS_PORT;
    String root = controllerState().resolve("root-cert.pem").toString();
    environment.put("XDS_ADDRESS", address);
    environment.put("CA_ADDRESS", address);
    environment.put("XDS_ROOT_CA", root);
    environment.put("CA_ROOT_CA", root);
    environment.put("AUTH_TOKEN", tokenOf(node).toString());
    environment.put("NODE_NAME", node.name());
    environment.put("INSTANCE_IP", node.ipv4());
    environment.put("CLUSTER_ID", "Kubernetes");
    return environment;
  }

  /** Removes what a node's agent keeps on disk; none may run. */
  public void forgetState(Node node) {
    node.deleteDirectory(AGENT_STATE);
  }

  /** The agent of a node, to be started with further settings. */
  public ProgramSpec agent(Node node) {
    return node.program(agentCommand.line())
        .named("agent")
        .env(JvmProfile.AGENT_ENVIRONMENT)
        .env(controlPlaneEnvironment(node))
        .env("POD_NAME", "groundmesh-" + node.name())
        .env("POD_NAMESPACE", "istio-system")
        .env("GROUNDMESH_STATE_DIR", node.directory(AGENT_STATE).toString())
        .env("GROUNDMESH_BPF_PIN_DIR", node.bpfFileSystem().resolve("groundmesh").toString())
        .env("GROUNDMESH_CGROUP_ROOT", Cgroup.root().path().toString());
  }

  /**
   * Starts the agent of a node, once the controller has made its token, and waits until it is
   * ready.
   */
  public Program startAgent(Node node) {
    awaitToken(node);
    return agent(node).start().await(ready(node), START_LIMIT);
  }

  /** Waits until the controller has made the token of a node. */
  public void awaitToken(Node node) {
    Path token = tokenOf(node);
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!Files.exists(token)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(token + ": not made within " + START_LIMIT);
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  /** An agent's (or a ztunnel's) own word that it serves: 200 from its readiness port. */
  public static Readiness ready(Node node) {
    return Readiness.when(
        "200 from port " + AGENT_READINESS_PORT + "/healthz/ready",
        program -> node.get(AGENT_READINESS_PORT, "/healthz/ready").status() == 200);
  }
}
