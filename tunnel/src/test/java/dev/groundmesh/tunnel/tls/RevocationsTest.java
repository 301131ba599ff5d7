package dev.groundmesh.tunnel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RevocationsTest {
  private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
  private static final TestAuthority ROOT = TestAuthority.root("cluster.local");

  @TempDir private Path folder;
  private Path file;
  private X509Certificate leaf;
  private TlsPeer peer;

  @BeforeEach
  void issue() {
    file = folder.resolve("crl.pem");
    leaf = ROOT.issue(CART.toString()).leaf();
    peer = peer(leaf, ROOT);
  }

  @Test
  void withoutAFileNothingIsRevoked() {
    assertThat(Revocations.ofFile(file).isRevoked(peer)).isFalse();
    assertThat(Revocations.none().isRevoked(peer)).isFalse();
    assertThat(Revocations.none().reload()).isFalse();
  }

  @Test
  void aListedCertificateIsRevokedAndOthersAreNot() throws Exception {
    Files.writeString(file, ROOT.revoking(leaf));
    Revocations revocations = Revocations.ofFile(file);

    assertThat(revocations.isRevoked(peer)).isTrue();
    assertThat(revocations.isRevoked(peer(ROOT.issue(CART.toString()).leaf(), ROOT))).isFalse();
  }

  @Test
  void aListByAnotherKeyOfTheSameNameCountsForNothing() throws Exception {
    TestAuthority impostor = TestAuthority.root("cluster.local");
    Files.writeString(file, impostor.revoking(leaf));

    assertThat(Revocations.ofFile(file).isRevoked(peer)).isFalse();
  }

  @Test
  void severalIssuersMayShareTheFile() throws Exception {
    TestAuthority other = TestAuthority.root("other");
    X509Certificate otherLeaf = other.issue(CART.toString()).leaf();
    Files.writeString(file, other.revoking(otherLeaf) + ROOT.revoking(leaf));
    Revocations revocations = Revocations.ofFile(file);

    assertThat(revocations.isRevoked(peer)).isTrue();
    assertThat(revocations.isRevoked(peer(otherLeaf, other))).isTrue();
  }

  @Test
  void aFileThatBecomesUnreadableLeavesTheLastListInForce() throws Exception {
    Files.writeString(file, ROOT.revoking(leaf));
    Revocations revocations = Revocations.ofFile(file);

    Files.writeString(file, "-----BEGIN X509 CRL-----\nnonsense\n-----END X509 CRL-----\n");
    assertThat(revocations.reload()).isFalse();
    assertThat(revocations.isRevoked(peer)).isTrue();

    Files.delete(file);
    assertThat(revocations.reload()).isFalse();
    assertThat(revocations.isRevoked(peer)).isTrue();
  }

  @Test
  void aCertificateCanBeTakenOffTheListAgain() throws Exception {
    Files.writeString(file, ROOT.revoking(leaf));
    Revocations revocations = Revocations.ofFile(file);
    Files.writeString(file, ROOT.revoking());

    assertThat(revocations.reload()).isTrue();
    assertThat(revocations.isRevoked(peer)).isFalse();
  }

  @Test
  void anUnchangedFileIsNoChange() throws Exception {
    Files.writeString(file, ROOT.revoking(leaf));
    Revocations revocations = Revocations.ofFile(file);
    revocations.onChange(
        () -> {
          throw new AssertionError("nothing changed");
        });

    assertThat(revocations.reload()).isFalse();
  }

  private static TlsPeer peer(X509Certificate leaf, TestAuthority issuer) {
    return new TlsPeer(
        CART,
        List.of(
            new TlsPeer.Issued(
                issuer.certificate().getSubjectX500Principal(),
                issuer.certificate().getPublicKey(),
                leaf.getSerialNumber())));
  }
}
