package dev.groundmesh.controller;

import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.compile.TestResources;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.redirection.RedirectionSink;
import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.xds.DiscoverySettings;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A control plane that serves on loopback with real TLS, fed by hand. */
public final class TestControlPlane implements AutoCloseable {

  public static final String AGENT_NAMESPACE = "istio-system";
  public static final String AGENT_ACCOUNT = "groundmesh-agent";

  public final ControlPlane controlPlane;
  public final TestResources resources;
  public final Path directory;

  /** Where what agents tell of their pods goes. */
  public volatile RedirectionSink redirections = _ -> CompletableFuture.completedFuture(null);

  private final SignedTokens tokens;
  private final List<ManagedChannel> channels = new ArrayList<>();

  public TestControlPlane(Path directory) throws Exception {
    this(directory, DiscoverySettings.defaults(), ServerSettings.defaults());
  }

  public TestControlPlane(Path directory, DiscoverySettings discovery, ServerSettings server)
      throws Exception {
    this(directory, discovery, server, platform -> platform);
  }

  /** On a platform that is made of the usual one. */
  TestControlPlane(Path directory, Function<DirectoryPlatform, Platform> platform)
      throws Exception {
    this(directory, DiscoverySettings.defaults(), ServerSettings.defaults(), platform);
  }

  private TestControlPlane(
      Path directory,
      DiscoverySettings discovery,
      ServerSettings server,
      Function<DirectoryPlatform, Platform> platform)
      throws Exception {
    this.directory = directory;
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    CaSettings certificates = CaSettings.defaults("cluster.local");
    DirectoryPlatform files =
        DirectoryPlatform.open(
            StateDirectory.open(directory),
            certificates,
            AGENT_NAMESPACE,
            AGENT_ACCOUNT,
            Duration.ofHours(12),
            Clock.systemUTC(),
            new SecureRandom());
    tokens = files.signedTokens();
    controlPlane =
        ControlPlane.on(
            platform.apply(files),
            new ControlPlane.Settings(
                loopback,
                loopback,
                "Kubernetes",
                certificates,
                Set.of("istio-system/ztunnel", AGENT_NAMESPACE + '/' + AGENT_ACCOUNT),
                AGENT_NAMESPACE,
                AGENT_ACCOUNT,
                Duration.ofHours(12),
                List.of(),
                discovery,
                server,
                2),
            redirection -> redirections.record(redirection),
            identity -> {},
            new MetricRegistry(),
            Clock.systemUTC());
    resources = new TestResources(controlPlane);
  }

  /** Publishes what is there, and serves. */
  public TestControlPlane serve() throws Exception {
    resources.publish();
    controlPlane.startAdmin();
    if (controlPlane.startServing(Duration.ofSeconds(10)).isPresent()) {
      throw new AssertionError("no snapshot");
    }
    return this;
  }

  public ManagedChannel channel() throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), controlPlane.xdsPort()))
            .overrideAuthority("istiod.istio-system.svc")
            .maxInboundMessageSize(200 << 20)
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(directory.resolve("root-cert.pem").toFile())
                    .build())
            .build();
    channels.add(channel);
    return channel;
  }

  /** The token of a node's agent. */
  public String agentToken(String node) {
    return token(new Caller(AGENT_NAMESPACE, AGENT_ACCOUNT, node, null));
  }

  /** The token of a pod that {@link TestResources#pod} made. */
  public String podToken(String pod, String node) {
    return token(new Caller("shop", pod, node, new PodBinding(pod, "uid-" + pod)));
  }

  public String token(Caller caller) {
    return tokens.issue(caller, Duration.ofHours(1));
  }

  public TestAgent agent(String node) throws Exception {
    return new TestAgent(channel(), agentToken(node));
  }

  public HttpResponse<String> http(String method, String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + controlPlane.adminPort() + path))
            .timeout(Duration.ofSeconds(10))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    controlPlane.close();
  }
}
