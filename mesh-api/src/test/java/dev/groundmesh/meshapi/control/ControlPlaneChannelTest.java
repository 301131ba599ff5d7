package dev.groundmesh.meshapi.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateRequest;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateResponse;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlPlaneChannelTest {
  private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final TestCertificates certificates = TestCertificates.create();
  @TempDir private Path folder;
  private Path rootFile;
  private Path tokenFile;
  private @Nullable Server server;
  private @Nullable ControlPlaneChannel channel;
  private volatile Metadata headers = new Metadata();
  private volatile IstioCertificateRequest request = IstioCertificateRequest.getDefaultInstance();
  private volatile @Nullable Status refusal;
  private final AtomicInteger toRefuse = new AtomicInteger(Integer.MAX_VALUE);
  private final AtomicInteger toLeaveUnanswered = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  @BeforeEach
  void files() throws IOException {
    rootFile = folder.resolve("root-cert.pem");
    tokenFile = folder.resolve("istio-token");
    Files.writeString(rootFile, certificates.rootPem());
    Files.writeString(tokenFile, "first\n");
  }

  @AfterEach
  void close() throws InterruptedException {
    if (channel != null) {
      channel.close();
    }
    if (server != null) {
      server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
    executor.shutdown();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
  }

  @Test
  void aCertificateIsAskedForInTheNameOfAWorkload() throws Exception {
    int port = serve(certificates);

    List<String> chain = sign("https://127.0.0.1:" + port, null);

    assertThat(chain).containsExactly("leaf", "root");
    assertThat(request.getCsr()).isEqualTo("csr");
    assertThat(request.getValidityDuration()).isEqualTo(86400);
    assertThat(
            requireNonNull(request.getMetadata().getFieldsMap().get("ImpersonatedIdentity"))
                .getStringValue())
        .isEqualTo(CART.toString());
  }

  @Test
  void aRequestWhoseWayBrokeIsMadeOnceMore() throws Exception {
    int port = serve(certificates);
    refusal = Status.UNAVAILABLE;
    toRefuse.set(1);

    assertThat(sign("https://127.0.0.1:" + port, null)).containsExactly("leaf", "root");
  }

  @Test
  void aRequestThatIsNotAnsweredIsMadeOverANewConnection() throws Exception {
    int port = serve(certificates);
    toLeaveUnanswered.set(1);

    assertThat(sign("https://127.0.0.1:" + port, null)).containsExactly("leaf", "root");
    assertThat(connections).hasValue(2);
  }

  @Test
  void callsSayWhoCalls() throws Exception {
    int port = serve(certificates);

    sign("https://127.0.0.1:" + port, null);

    assertThat(header("authorization")).isEqualTo("Bearer first");
    assertThat(header("clusterid")).isEqualTo("Kubernetes");
    assertThat(header("x-more")).isEqualTo("1");
  }

  @Test
  void theTokenIsReadForEachCall() throws Exception {
    int port = serve(certificates);
    sign("https://127.0.0.1:" + port, null);
    Files.writeString(tokenFile, "second");
    sign("https://127.0.0.1:" + port, null);

    assertThat(header("authorization")).isEqualTo("Bearer second");
  }

  @Test
  void withoutAReadableTokenTheCallFailsAndSaysSo() throws Exception {
    int port = serve(certificates);
    for (String content : new String[] {"", " \n", "x".repeat(70_000)}) {
      Files.writeString(tokenFile, content);
      assertFails("https://127.0.0.1:" + port, null, tokenFile + ": ");
    }
    Files.delete(tokenFile);
    assertFails("https://127.0.0.1:" + port, null, "token file: " + tokenFile);
  }

  @Test
  void aServerOfAnotherRootIsRefused() throws Exception {
    int port = serve(TestCertificates.create());

    assertFails("https://127.0.0.1:" + port, null, "UNAVAILABLE");
  }

  @Test
  void aServerOfAnotherNameIsRefused() throws Exception {
    int port = serve(certificates);

    assertFails("https://127.0.0.1:" + port, "somebody.else.svc", "UNAVAILABLE");
  }

  @Test
  void theServersNameMayDifferFromItsAddress() throws Exception {
    int port = serve(certificates);

    assertThat(sign("https://127.0.0.1:" + port, "istiod.istio-system.svc")).hasSize(2);
  }

  @Test
  void aChangedRootIsPickedUp() throws Exception {
    TestCertificates next = TestCertificates.create();
    int port = serve(next);
    assertFails("https://127.0.0.1:" + port, null, "UNAVAILABLE");

    Files.writeString(rootFile, next.rootPem());

    assertThat(sign("https://127.0.0.1:" + port, null)).hasSize(2);
  }

  @Test
  void aRootFileThatIsMissingOrNoCertificateFailsTheCallAndSaysSo() throws Exception {
    int port = serve(certificates);
    Files.writeString(rootFile, "nonsense");
    assertFails("https://127.0.0.1:" + port, null, rootFile.toString());
    Files.delete(rootFile);
    assertFails("https://127.0.0.1:" + port, null, rootFile.toString());
  }

  @Test
  void plainTextIsSpokenOnlyWhereTheAddressSaysSo() throws Exception {
    int port = serve(null);

    assertThat(sign("http://127.0.0.1:" + port, null)).hasSize(2);
    requireNonNull(channel).close();
    channel = null;
    assertFails("https://127.0.0.1:" + port, null, "UNAVAILABLE");
  }

  @Test
  void aRefusalSaysWhoRefusedAndWhy() throws Exception {
    int port = serve(certificates);
    refusal = Status.UNAUTHENTICATED.withDescription("not a pod of your node");

    assertFails(
        "https://127.0.0.1:" + port,
        null,
        "certificate service https://127.0.0.1:"
            + port
            + ": UNAUTHENTICATED: not a pod of your node");
  }

  @ParameterizedTest
  @ValueSource(strings = {"istiod:15012", "tcp://127.0.0.1:1", "https://host", "https:///x"})
  void otherAddressesAreRefused(String address) {
    assertThatThrownBy(() -> settings(address, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: ");
  }

  private void assertFails(String address, @Nullable String serverName, String says) {
    assertThatThrownBy(() -> sign(address, serverName))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessageContaining(says);
  }

  private List<String> sign(String address, @Nullable String serverName) throws Exception {
    if (channel == null) {
      channel =
          new ControlPlaneChannel(
              settings(address, serverName), new Transport(group, NioSocketChannel::new), executor);
    }
    return new CertificateServiceClient(channel, executor)
        .sign(CART, "csr", Duration.ofHours(24))
        .get(20, TimeUnit.SECONDS);
  }

  private ControlPlaneSettings settings(String address, @Nullable String serverName) {
    return new ControlPlaneSettings(
        URI.create(address), serverName, rootFile, tokenFile, "Kubernetes", Map.of("x-more", "1"));
  }

  private @Nullable String header(String name) {
    return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
  }

  private int serve(@Nullable TestCertificates of) throws Exception {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .bossEventLoopGroup(group)
            .workerEventLoopGroup(group)
            .channelType(NioServerSocketChannel.class)
            .directExecutor()
            .addTransportFilter(
                new ServerTransportFilter() {
                  @Override
                  public Attributes transportReady(Attributes attributes) {
                    connections.incrementAndGet();
                    return attributes;
                  }
                })
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, R> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
                    headers = metadata;
                    return next.startCall(call, metadata);
                  }
                })
            .addService(
                ServerServiceDefinition.builder(ControlPlaneMethods.CERTIFICATE_SERVICE)
                    .addMethod(
                        ControlPlaneMethods.CREATE_CERTIFICATE,
                        ServerCalls.asyncUnaryCall(
                            (asked, answer) -> {
                              request = asked;
                              if (toLeaveUnanswered.getAndDecrement() > 0) {
                                return;
                              }
                              Status refused = refusal;
                              if (refused != null && toRefuse.getAndDecrement() > 0) {
                                answer.onError(refused.asRuntimeException());
                                return;
                              }
                              answer.onNext(
                                  IstioCertificateResponse.newBuilder()
                                      .addCertChain("leaf")
                                      .addCertChain("root")
                                      .build());
                              answer.onCompleted();
                            }))
                    .build());
    if (of != null) {
      builder.sslContext(
          GrpcSslContexts.configure(SslContextBuilder.forServer(of.serverKey(), of.server()))
              .build());
    }
    server = builder.build().start();
    return server.getPort();
  }
}
