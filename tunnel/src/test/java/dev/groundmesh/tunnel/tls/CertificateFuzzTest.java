package dev.groundmesh.tunnel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.groundmesh.meshapi.identity.SpiffeId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/** Whatever a peer or an authority sends as a certificate is accepted or refused with a reason. */
class CertificateFuzzTest {
  private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
  private static final TestAuthority ROOT = TestAuthority.root("cluster.local");
  private static final X509Certificate LEAF = ROOT.issue(CART.toString()).leaf();

  @FuzzTest
  void chainOfAPeer(FuzzedDataProvider data) throws Exception {
    byte[] der = LEAF.getEncoded();
    int changes = data.consumeInt(0, 8);
    for (int i = 0; i < changes; i++) {
      der[data.consumeInt(0, der.length - 1)] = data.consumeByte();
    }
    byte[] sent = data.consumeBoolean() ? der : data.consumeRemainingAsBytes();
    PeerVerifier verifier =
        new PeerVerification(Revocations.none(), () -> TestAuthority.NOW)
            .forRoots(List.of(ROOT.certificate()));
    try {
      TlsPeer peer =
          verifier.verifyServer(new X509Certificate[] {new RawCertificate(sent)}, Set.of(CART));
      assertThat(sent).isEqualTo(LEAF.getEncoded());
      assertThat(peer.identity()).isEqualTo(CART);
    } catch (PeerRefusedException refused) {
      assertThat(refused.reason()).isNotNull();
    }
  }

  @FuzzTest
  void chainOfAnAuthority(FuzzedDataProvider data) throws Exception {
    KeyPair keys = TestAuthority.newKeys();
    String leaf = data.consumeString(200);
    String roots = new String(data.consumeRemainingAsBytes(), StandardCharsets.ISO_8859_1);
    try {
      IssuedChain.read(CART, keys, List.of(leaf, roots), TestAuthority.NOW);
      throw new AssertionError("accepted: " + leaf);
    } catch (GeneralSecurityException refused) {
      assertThat(refused).isNotNull();
    }
  }
}
