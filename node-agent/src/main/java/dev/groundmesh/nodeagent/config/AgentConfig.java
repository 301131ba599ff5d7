package dev.groundmesh.nodeagent.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that an agent is told at its start. Names of the environment are ztunnel's where it
 * has the setting; the agent's own begin with {@code GROUNDMESH_}.
 *
 * @param nodeName the node that this agent serves ({@code NODE_NAME})
 * @param clusterId the node's cluster
 * @param clusterDomain the DNS domain of the cluster's services
 * @param network the node's network; empty: the default network
 * @param podName the agent's own pod
 * @param podNamespace the namespace of the agent's own pod
 * @param instanceIp the address of the agent's own pod
 * @param controlPlane the controller and the certificate service
 * @param connections limits of connections and tunnels
 * @param admin the agent's own ports
 * @param stateDirectory where the last good state and the hand-over socket live
 * @param pinDirectory where eBPF links and maps are pinned, below a BPF file system
 * @param cgroupRoot the root of the cgroup2 hierarchy, or a directory that it is mounted below
 * @param runtime where the network namespaces of pods are found
 * @param cni the CNI plugin of the node
 * @param signs a directory for files that are touched every second: {@code ready} while this agent
 *     serves the node, {@code alive} while its event loops go round; empty: none
 * @param failMode what happens to enrolled pods while no agent lives
 * @param sameNode how pods of one node are joined
 * @param workerThreads event loops
 * @param dnsCapture whether DNS of enrolled pods is captured unless their enrolment says otherwise
 * @param preferredServiceNamespace preferred for DNS among services of one name
 * @param crlFile certificate revocation list
 * @param preserveSource whether applications see the client's address
 * @param localhostAppTunnel whether application tunnels are reached by loopback
 * @param responseBaggage whether a CONNECT's answer describes the destination
 * @param postQuantumOnly whether TLS key exchange is limited to X25519MLKEM768
 * @param drainDeadline longest time from SIGTERM to the end of the last connection
 */
public record AgentConfig(
    String nodeName,
    String clusterId,
    String clusterDomain,
    String network,
    String podName,
    String podNamespace,
    String instanceIp,
    ControlPlaneConfig controlPlane,
    ConnectionConfig connections,
    AdminConfig admin,
    Path stateDirectory,
    Path pinDirectory,
    Path cgroupRoot,
    RuntimeConfig runtime,
    CniConfig cni,
    Optional<Path> signs,
    FailMode failMode,
    SameNodeMode sameNode,
    int workerThreads,
    boolean dnsCapture,
    Optional<String> preferredServiceNamespace,
    Optional<Path> crlFile,
    boolean preserveSource,
    boolean localhostAppTunnel,
    boolean responseBaggage,
    boolean postQuantumOnly,
    Duration drainDeadline) {

  private static final String DEFAULT_CONTROLLER = "https://istiod.istio-system.svc:15012";
  private static final String DEFAULT_ROOT = "./var/run/secrets/istio/root-cert.pem";
  private static final String DEFAULT_TOKEN = "./var/run/secrets/tokens/istio-token";

  /**
   * Reads the settings.
   *
   * @param variables the environment
   * @param processors processors that the process may use, at least 1
   * @throws ConfigException if a setting is missing or cannot be used
   */
  public static AgentConfig fromEnvironment(Map<String, String> variables, int processors) {
    Environment env = new Environment(variables);
    boolean ipv6 = env.bool("IPV6_ENABLED", true);
    Map<String, String> metadata = env.prefixed("ISTIO_META_");
    boolean dnsCapture = env.boolOf("ISTIO_META_DNS_CAPTURE", metadata.get("DNS_CAPTURE"), true);
    ControlPlaneConfig controlPlane = controlPlane(env, metadata);
    if (controlPlane.onDemand() && dnsCapture) {
      throw new ConfigException(
          "XDS_ON_DEMAND",
          "true",
          "false while DNS is captured, or ISTIO_META_DNS_CAPTURE=false: names of services not asked"
              + " for are unknown on demand");
    }
    return new AgentConfig(
        env.required("NODE_NAME", "the name of the node that this agent serves"),
        env.text("CLUSTER_ID", "Kubernetes"),
        env.text("CLUSTER_DOMAIN", "cluster.local"),
        env.text("NETWORK", ""),
        env.text("POD_NAME", "ztunnel"),
        env.text("POD_NAMESPACE", "istio-system"),
        env.text("INSTANCE_IP", "127.0.0.1"),
        controlPlane,
        connections(env),
        new AdminConfig(
            env.port("GROUNDMESH_ADMIN_PORT", 15000),
            env.port("GROUNDMESH_METRICS_PORT", 15020),
            env.port("GROUNDMESH_READINESS_PORT", 15021),
            ipv6),
        env.path("GROUNDMESH_STATE_DIR", "/var/lib/groundmesh"),
        env.path("GROUNDMESH_BPF_PIN_DIR", "/sys/fs/bpf/groundmesh"),
        env.path("GROUNDMESH_CGROUP_ROOT", "/sys/fs/cgroup"),
        new RuntimeConfig(
            env.choice("GROUNDMESH_RUNTIME", RuntimeConfig.Kind.class, RuntimeConfig.Kind.NETNS),
            env.path("GROUNDMESH_NETNS_DIR", "/var/run/netns"),
            env.path("GROUNDMESH_CONTAINERD_STATE", "/run/containerd"),
            env.path("GROUNDMESH_PROC", "/proc")),
        cni(env),
        env.optional("GROUNDMESH_READY_FILE").map(file -> signs(file)),
        env.choice("GROUNDMESH_FAIL_MODE", FailMode.class, FailMode.CLOSED),
        env.choice("GROUNDMESH_SAME_NODE", SameNodeMode.class, SameNodeMode.DIRECT),
        env.integer("GROUNDMESH_WORKER_THREADS", Math.min(2, processors), 1, 256),
        dnsCapture,
        env.optional("PREFERED_SERVICE_NAMESPACE"),
        env.optional("CRL_PATH").map(Path::of),
        env.bool("ENABLE_ORIG_SRC", true),
        env.bool("LOCALHOST_APP_TUNNEL", true),
        env.bool("ENABLE_RESPONSE_BAGGAGE", true),
        env.oneOf("COMPLIANCE_POLICY", "", "", "pqc").equals("pqc"),
        drainDeadline(env));
  }

  private static ControlPlaneConfig controlPlane(Environment env, Map<String, String> metadata) {
    String xdsAddress = env.httpsAddress("XDS_ADDRESS", DEFAULT_CONTROLLER);
    return new ControlPlaneConfig(
        xdsAddress,
        env.httpsAddress("CA_ADDRESS", xdsAddress),
        env.root("XDS_ROOT_CA", DEFAULT_ROOT),
        env.root("CA_ROOT_CA", DEFAULT_ROOT),
        env.optional("ALT_XDS_HOSTNAME"),
        env.optional("ALT_CA_HOSTNAME"),
        env.path("AUTH_TOKEN", DEFAULT_TOKEN),
        env.prefixed("XDS_HEADER_"),
        env.prefixed("CA_HEADER_"),
        env.bool("XDS_ON_DEMAND", false),
        metadata,
        env.prefixed("ISTIO_METAJSON_"),
        env.duration("SECRET_TTL", Duration.ofHours(24)));
  }

  private static CniConfig cni(Environment env) {
    Set<String> excluded = new HashSet<>();
    excluded.add("kube-system");
    excluded.add(env.text("POD_NAMESPACE", "istio-system"));
    for (String name : env.text("GROUNDMESH_CNI_EXCLUDED_NAMESPACES", "").split(",", -1)) {
      if (!name.isBlank()) {
        excluded.add(name.strip());
      }
    }
    return new CniConfig(
        env.path("GROUNDMESH_RUN_DIR", "/run/groundmesh"),
        env.optional("GROUNDMESH_CNI_PLUGIN").map(Path::of),
        env.optional("GROUNDMESH_CNI_BIN_DIR").map(Path::of),
        env.optional("GROUNDMESH_CNI_CONF_DIR").map(Path::of),
        excluded);
  }

  private static Path signs(String readyFile) {
    Path file = Path.of(readyFile);
    Path directory = file.getParent();
    if (directory == null || !file.endsWith("ready")) {
      throw new ConfigException(
          "GROUNDMESH_READY_FILE", readyFile, "a path that ends in /ready; alive is beside it");
    }
    return directory;
  }

  private static ConnectionConfig connections(Environment env) {
    int streamWindow = env.integer("HTTP2_STREAM_WINDOW_SIZE", 4 << 20, 65_535, Integer.MAX_VALUE);
    int connectionWindow =
        env.integer("HTTP2_CONNECTION_WINDOW_SIZE", 16 << 20, 65_535, Integer.MAX_VALUE);
    if (connectionWindow <= streamWindow) {
      throw new ConfigException(
          "HTTP2_CONNECTION_WINDOW_SIZE",
          Integer.toString(connectionWindow),
          "more than HTTP2_STREAM_WINDOW_SIZE, " + streamWindow);
    }
    return new ConnectionConfig(
        env.duration("GROUNDMESH_CONNECT_TIMEOUT", Duration.ofSeconds(10)),
        env.duration("GROUNDMESH_HANDSHAKE_TIMEOUT", Duration.ofSeconds(10)),
        env.duration("GROUNDMESH_WORKLOAD_TIMEOUT", Duration.ofSeconds(5)),
        env.integer("GROUNDMESH_MAX_CONNECTIONS_PER_POD", 65_536, 1, Integer.MAX_VALUE),
        env.bool("KEEPALIVE_ENABLED", true),
        env.duration("KEEPALIVE_TIME", Duration.ofSeconds(180)),
        env.duration("KEEPALIVE_INTERVAL", Duration.ofSeconds(180)),
        env.integer("KEEPALIVE_RETRIES", 9, 1, 127),
        env.bool("USER_TIMEOUT_ENABLED", false),
        env.integer("POOL_MAX_STREAMS_PER_CONNECTION", 100, 1, Integer.MAX_VALUE),
        env.integer("GROUNDMESH_MAX_TUNNELS", 16_384, 1, Integer.MAX_VALUE),
        env.duration("POOL_UNUSED_RELEASE_TIMEOUT", Duration.ofMinutes(5)),
        streamWindow,
        connectionWindow,
        env.integer("HTTP2_FRAME_SIZE", 1 << 20, 16_384, (1 << 24) - 1));
  }

  /**
   * Less than the time that the kubelet gives, so that what is left is ended by us and in order.
   */
  private static Duration drainDeadline(Environment env) {
    Optional<String> explicit = env.optional("CONNECTION_TERMINATION_DEADLINE");
    if (explicit.isPresent()) {
      return env.duration("CONNECTION_TERMINATION_DEADLINE", Duration.ofSeconds(5));
    }
    if (env.optional("TERMINATION_GRACE_PERIOD_SECONDS").isEmpty()) {
      return Duration.ofSeconds(5);
    }
    int grace = env.integer("TERMINATION_GRACE_PERIOD_SECONDS", 30, 0, Integer.MAX_VALUE);
    return Duration.ofSeconds(Math.max(1, grace > 10 ? grace - 5 : grace - 1));
  }
}
