package dev.groundmesh.tunnel.tls;

import static dev.groundmesh.tunnel.tls.TestAuthority.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.ReferenceCountUtil;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIdentityTest {
  private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
  private static final String DB = "spiffe://cluster.local/ns/shop/sa/db";
  private static final SpiffeId CART_ID = SpiffeId.parse(CART);
  private static final SpiffeId DB_ID = SpiffeId.parse(DB);
  private static final TestAuthority ROOT = TestAuthority.root("cluster.local");

  private static EventLoopGroup group;
  private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
  private final List<TlsIdentity> opened = new ArrayList<>();
  private Revocations revocations = Revocations.none();

  @BeforeAll
  static void open() {
    group = new MultiThreadIoEventLoopGroup(2, LocalIoHandler.newFactory());
  }

  @AfterAll
  static void shutDown() throws Exception {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
  }

  @AfterEach
  void close() {
    opened.forEach(TlsIdentity::close);
  }

  @Test
  void bothEndsKnowEachOther() throws Exception {
    try (TlsConnection connection = connect(ROOT.issue(CART), ROOT.issue(DB), DB_ID)) {
      assertThat(connection.clientEnd.peer().identity()).isEqualTo(DB_ID);
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(CART_ID);
      assertThat(connection.clientEnd.applicationProtocol()).isEqualTo("h2");
      assertThat(connection.serverEnd.applicationProtocol()).isEqualTo("h2");
      assertThat(connection.serverEnd.session().getProtocol()).isEqualTo("TLSv1.3");
      assertThat(connection.serverEnd.session().getCipherSuite()).contains("AES");
      assertThat(connection.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void theServiceSeveralIdentitiesOneOfWhichIsTheServers() throws Exception {
    SpiffeId other = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/other");
    try (TlsConnection connection = connect(ROOT.issue(CART), ROOT.issue(DB), other, DB_ID)) {
      assertThat(connection.clientEnd.peer().identity()).isEqualTo(DB_ID);
    }
  }

  @Test
  void aServerOfAnotherIdentityIsRefused() throws Exception {
    SpiffeId expected = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/dbx");
    try (TlsConnection connection = connect(ROOT.issue(CART), ROOT.issue(DB), expected)) {
      assertClientRefuses(connection, ReasonCode.TLS_WRONG_IDENTITY, DB, expected.toString());
      assertThat(TlsFailure.reasonOf(connection.serverEnd.failure()))
          .isEqualTo(ReasonCode.TLS_PEER_REJECTED_US);
    }
  }

  @Test
  void aServerOfAnotherTrustDomainIsRefused() throws Exception {
    SpiffeId expected = SpiffeId.parse("spiffe://other.example/ns/shop/sa/db");
    try (TlsConnection connection = connect(ROOT.issue(CART), ROOT.issue(DB), expected)) {
      assertClientRefuses(connection, ReasonCode.TLS_WRONG_TRUST_DOMAIN, DB);
    }
  }

  @Test
  void aClientOfAnotherTrustDomainIsRefused() throws Exception {
    WorkloadIdentity stranger = ROOT.issue("spiffe://other.example/ns/shop/sa/cart");
    try (TlsConnection connection = connect(stranger, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_WRONG_TRUST_DOMAIN, "cluster.local");
    }
  }

  @Test
  void aClientOfAnotherRootIsRefused() throws Exception {
    TestAuthority impostor = TestAuthority.root("cluster.local");
    WorkloadIdentity client = impostor.issue(CART, List.of(ROOT.certificate()));
    try (TlsConnection connection = connect(client, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_UNTRUSTED, CART);
    }
  }

  @Test
  void aServerOfAnotherRootIsRefused() throws Exception {
    TestAuthority impostor = TestAuthority.root("cluster.local");
    WorkloadIdentity server = impostor.issue(DB, List.of(ROOT.certificate()));
    try (TlsConnection connection = connect(ROOT.issue(CART), server, DB_ID)) {
      assertClientRefuses(connection, ReasonCode.TLS_PEER_UNTRUSTED, DB);
    }
  }

  @Test
  void anExpiredClientIsRefused() throws Exception {
    WorkloadIdentity expired =
        ROOT.issue(
            CART,
            List.of(CART),
            List.of(ROOT.certificate()),
            NOW.minus(Duration.ofHours(2)),
            NOW.minusSeconds(1));
    try (TlsConnection connection = connect(expired, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_EXPIRED, "expired at");
    }
  }

  @Test
  void aClientThatIsNotValidYetIsRefused() throws Exception {
    WorkloadIdentity early =
        ROOT.issue(
            CART,
            List.of(CART),
            List.of(ROOT.certificate()),
            NOW.plusSeconds(60),
            NOW.plus(Duration.ofHours(2)));
    try (TlsConnection connection = connect(early, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_EXPIRED, "valid from");
    }
  }

  @Test
  void aCertificateThatWasAcceptedIsRefusedOnceItHasExpired() throws Exception {
    TlsIdentity client = open(ROOT.issue(CART));
    TlsIdentity server = open(ROOT.issue(DB));
    try (TlsConnection first = connect(client, server, DB_ID)) {
      first.serverEnd.peer();
    }
    clock.set(NOW.plus(Duration.ofHours(25)));
    try (TlsConnection second = connect(client, server, DB_ID)) {
      assertClientRefuses(second, ReasonCode.TLS_PEER_EXPIRED, DB);
    }
  }

  @Test
  void aCertificateOfAnExpiredRootIsRefused() throws Exception {
    TestAuthority old =
        TestAuthority.root("old", NOW.minus(Duration.ofDays(9)), NOW.minus(Duration.ofDays(1)));
    WorkloadIdentity server = old.issue(DB);
    WorkloadIdentity client = ROOT.issue(CART, List.of(ROOT.certificate(), old.certificate()));
    try (TlsConnection connection = connect(client, server, DB_ID)) {
      assertThat(TlsFailure.reasonOf(connection.clientEnd.failure()))
          .isEqualTo(ReasonCode.TLS_PEER_EXPIRED);
    }
  }

  @Test
  void aCertificateThatNamesNoWorkloadIsRefused() throws Exception {
    WorkloadIdentity nobody =
        ROOT.issue(
            CART,
            List.of("https://example.com/"),
            List.of(ROOT.certificate()),
            NOW.minusSeconds(60),
            NOW.plusSeconds(3600));
    try (TlsConnection connection = connect(nobody, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_NO_IDENTITY, "spiffe://<trustDomain>");
    }
  }

  @Test
  void aCertificateWithoutAnyNameIsRefused() throws Exception {
    WorkloadIdentity nobody =
        ROOT.issue(
            CART,
            List.of(),
            List.of(ROOT.certificate()),
            NOW.minusSeconds(60),
            NOW.plusSeconds(3600));
    try (TlsConnection connection = connect(nobody, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_NO_IDENTITY, "CN=nobody");
    }
  }

  @Test
  void aServerCertificateThatIsForClientsOnlyIsRefused() throws Exception {
    WorkloadIdentity server =
        ROOT.issue(
            DB,
            List.of(DB),
            List.of(ROOT.certificate()),
            NOW.minusSeconds(60),
            NOW.plusSeconds(3600),
            KeyPurposeId.id_kp_clientAuth);
    try (TlsConnection connection = connect(ROOT.issue(CART), server, DB_ID)) {
      assertClientRefuses(connection, ReasonCode.TLS_PEER_UNTRUSTED, "extended key usage");
    }
  }

  @Test
  void chainsThroughAnIntermediateAreAccepted() throws Exception {
    TestAuthority intermediate = ROOT.intermediate("intermediate");
    WorkloadIdentity client = intermediate.issue(CART, List.of(ROOT.certificate()));
    WorkloadIdentity server = intermediate.issue(DB, List.of(ROOT.certificate()));
    try (TlsConnection connection = connect(client, server, DB_ID)) {
      assertThat(connection.clientEnd.peer().path()).hasSize(2);
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(CART_ID);
    }
  }

  @Test
  void aLeafCannotIssueForOthers() throws Exception {
    TestAuthority intermediate = ROOT.intermediate("intermediate");
    TestAuthority tooDeep = intermediate.intermediate("too deep");
    WorkloadIdentity client = tooDeep.issue(CART, List.of(ROOT.certificate()));
    try (TlsConnection connection = connect(client, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.TLS_PEER_UNTRUSTED, CART);
    }
  }

  @Test
  void whileRootsRotateBothAreTrustedEvenUnderOneName() throws Exception {
    TestAuthority next = TestAuthority.root("cluster.local");
    List<X509Certificate> both = List.of(ROOT.certificate(), next.certificate());
    try (TlsConnection connection = connect(next.issue(CART, both), ROOT.issue(DB, both), DB_ID)) {
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(CART_ID);
      assertThat(connection.clientEnd.peer().identity()).isEqualTo(DB_ID);
    }
  }

  @Test
  void ofSeveralNamesTheOneThatIsExpectedCounts() throws Exception {
    WorkloadIdentity server =
        ROOT.issue(
            DB,
            List.of("https://example.com/", CART, DB),
            List.of(ROOT.certificate()),
            NOW.minusSeconds(60),
            NOW.plusSeconds(3600));
    try (TlsConnection connection = connect(ROOT.issue(CART), server, DB_ID)) {
      assertThat(connection.clientEnd.peer().identity()).isEqualTo(DB_ID);
    }
  }

  @Test
  void aRevokedClientIsRefused(@TempDir Path folder) throws Exception {
    WorkloadIdentity revoked = ROOT.issue(CART);
    Path file = folder.resolve("crl.pem");
    Files.writeString(file, ROOT.revoking(revoked.leaf()));
    revocations = Revocations.ofFile(file);
    try (TlsConnection connection = connect(revoked, ROOT.issue(DB), DB_ID)) {
      assertServerRefuses(connection, ReasonCode.CERT_REVOKED, CART);
    }
    try (TlsConnection connection = connect(ROOT.issue(CART), ROOT.issue(DB), DB_ID)) {
      assertThat(connection.serverEnd.peer().identity()).isEqualTo(CART_ID);
    }
  }

  @Test
  void aPeerWhoIsRevokedWhileConnectedIsFound(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("crl.pem");
    revocations = Revocations.ofFile(file);
    WorkloadIdentity client = ROOT.issue(CART);
    try (TlsConnection connection = connect(client, ROOT.issue(DB), DB_ID)) {
      TlsPeer peer = connection.serverEnd.peer();
      assertThat(revocations.isRevoked(peer)).isFalse();
      List<String> cut = new ArrayList<>();
      revocations.onChange(
          () -> {
            if (revocations.isRevoked(peer)) {
              cut.add(peer.identity().toString());
            }
          });

      Files.writeString(file, ROOT.revoking(client.leaf()));

      assertThat(revocations.reload()).isTrue();
      assertThat(cut).containsExactly(CART);
    }
  }

  @Test
  void newHandshakesUseTheNewCertificateAndOldConnectionsLiveOn() throws Exception {
    TlsIdentity client = open(ROOT.issue(CART));
    WorkloadIdentity before = ROOT.issue(DB);
    TlsIdentity server = open(before);
    try (TlsConnection old = connect(client, server, DB_ID)) {
      assertThat(serial(old)).isEqualTo(before.serialNumber());

      WorkloadIdentity after = ROOT.issue(DB);
      server.replace(after);

      try (TlsConnection fresh = connect(client, server, DB_ID)) {
        assertThat(serial(fresh)).isEqualTo(after.serialNumber());
        assertThat(fresh.echo("new")).isEqualTo("new");
      }
      assertThat(old.echo("still here")).isEqualTo("still here");
    }
  }

  @Test
  void noHandshakeFailsWhileCertificatesAreReplaced() throws Exception {
    TlsIdentity client = open(ROOT.issue(CART));
    TlsIdentity server = open(ROOT.issue(DB));
    WorkloadIdentity[] clients = {ROOT.issue(CART), ROOT.issue(CART)};
    WorkloadIdentity[] servers = {ROOT.issue(DB), ROOT.issue(DB)};
    Thread rotation =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    client.replace(clients[i % 2]);
                    server.replace(servers[i % 2]);
                  }
                });
    try (TlsConnection longLived = connect(client, server, DB_ID)) {
      for (int i = 0; i < 60; i++) {
        try (TlsConnection connection = connect(client, server, DB_ID)) {
          assertThat(connection.echo("n" + i)).isEqualTo("n" + i);
          assertThat(connection.serverEnd.peer().identity()).isEqualTo(CART_ID);
        }
        assertThat(longLived.echo("l" + i)).isEqualTo("l" + i);
      }
    } finally {
      rotation.interrupt();
      rotation.join();
    }
  }

  @Test
  void aClosedIdentityMakesNoEngine() {
    TlsIdentity identity =
        new TlsIdentity(
            ROOT.issue(CART), TlsSettings.DEFAULT, new PeerVerification(revocations, clock::get));
    identity.close();

    assertThatThrownBy(() -> identity.server().newEngine(UnpooledByteBufAllocator.DEFAULT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(CART);
  }

  @Test
  void anotherIdentitysCertificateIsNoReplacement() {
    TlsIdentity identity = open(ROOT.issue(CART));

    assertThatThrownBy(() -> identity.replace(ROOT.issue(DB)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(DB)
        .hasMessageContaining(CART);
  }

  @Test
  void keyExchangeCanBeRestrictedToPostQuantum() throws Exception {
    TlsSettings postQuantum = new TlsSettings(true);
    TlsIdentity client = open(ROOT.issue(CART), postQuantum);
    TlsIdentity server = open(ROOT.issue(DB), postQuantum);
    try (TlsConnection connection = connect(client, server, DB_ID)) {
      assertThat(connection.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void aChainBeyondTheBoundIsRefusedBeforeAnyOfItIsRead() {
    PeerVerifier verifier =
        new PeerVerification(revocations, clock::get).forRoots(List.of(ROOT.certificate()));
    X509Certificate[] flood = new X509Certificate[11];
    Arrays.fill(flood, ROOT.issue(CART).leaf());

    assertThatThrownBy(() -> verifier.verifyClient(flood, "cluster.local"))
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageContaining("certificates: 11 (expected: at most 10)");
  }

  @Test
  void whatIsNotTlsIsRefused() throws Exception {
    TlsIdentity server = open(ROOT.issue(DB));
    for (byte[] bytes :
        List.of(
            "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            new byte[] {0x16, 0x03, 0x01, (byte) 0xff, (byte) 0xff, 0x01},
            new byte[] {0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x00, 0x00},
            new byte[] {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28})) {
      assertThat(TlsFailure.reasonOf(TlsConnection.failureOn(server.server(), bytes)))
          .isEqualTo(ReasonCode.TLS_HANDSHAKE_FAILED);
    }
  }

  @Test
  void enginesThatAreLetGoBeforeTheirHandshakeLeaveNothingBehind() {
    TlsIdentity client = open(ROOT.issue(CART));
    for (int i = 0; i < 2000; i++) {
      SSLEngine engine = client.client(Set.of(DB_ID)).newEngine(UnpooledByteBufAllocator.DEFAULT);
      ReferenceCountUtil.release(engine);
    }
    assertThat(client.handshakesInProgress()).isLessThan(600);
  }

  private void assertClientRefuses(TlsConnection connection, ReasonCode reason, String... says)
      throws Exception {
    assertRefused(connection.clientEnd.failure(), reason, says);
  }

  private void assertServerRefuses(TlsConnection connection, ReasonCode reason, String... says)
      throws Exception {
    assertRefused(connection.serverEnd.failure(), reason, says);
    assertThat(TlsFailure.reasonOf(connection.clientEnd.failure()))
        .isEqualTo(ReasonCode.TLS_PEER_REJECTED_US);
  }

  private static void assertRefused(Throwable failure, ReasonCode reason, String... says) {
    assertThat(TlsFailure.reasonOf(failure)).as("%s", failure).isEqualTo(reason);
    Throwable refused = failure;
    while (refused != null && !(refused instanceof PeerRefusedException)) {
      refused = refused.getCause();
    }
    assertThat(refused).message().contains(says).contains("(expected: ");
  }

  private static BigInteger serial(TlsConnection connection) throws Exception {
    return connection.clientEnd.peer().path().getFirst().serialNumber();
  }

  private TlsIdentity open(WorkloadIdentity workload) {
    return open(workload, TlsSettings.DEFAULT);
  }

  private TlsIdentity open(WorkloadIdentity workload, TlsSettings settings) {
    TlsIdentity identity =
        new TlsIdentity(workload, settings, new PeerVerification(revocations, clock::get));
    opened.add(identity);
    return identity;
  }

  private TlsConnection connect(
      WorkloadIdentity client, WorkloadIdentity server, SpiffeId... expected) throws Exception {
    return connect(open(client), open(server), expected);
  }

  private static TlsConnection connect(TlsIdentity client, TlsIdentity server, SpiffeId... expected)
      throws Exception {
    return TlsConnection.open(
        group, client.client(Set.of(expected))::newEngine, server.server()::newEngine);
  }
}
