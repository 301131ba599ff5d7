package dev.groundmesh.meshapi.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {

  @Test
  void whatIsParsedIsWhatIsWritten() {
    SpiffeId id = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");

    assertThat(id).isEqualTo(new SpiffeId("cluster.local", "shop", "cart"));
    assertThat(id).hasToString("spiffe://cluster.local/ns/shop/sa/cart");
    assertThat(id.principal()).isEqualTo("cluster.local/ns/shop/sa/cart");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://",
        "cluster.local/ns/a/sa/b",
        "https://cluster.local/ns/a/sa/b",
        "spiffe://cluster.local/ns/a/sa",
        "spiffe://cluster.local/ns/a/sa/",
        "spiffe://cluster.local/ns//sa/b",
        "spiffe:///ns/a/sa/b",
        "spiffe://cluster.local/sa/a/ns/b",
        "spiffe://cluster.local/ns/a/sa/b/c",
        "spiffe://cluster.local/ns/a/sa/b/",
        "spiffe://cluster.local/ns/a\n/sa/b"
      })
  void othersAreNoIdentities(String uri) {
    assertThat(SpiffeId.tryParse(uri)).isEmpty();
    assertThatThrownBy(() -> SpiffeId.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: spiffe://");
  }

  @Test
  void anOverlongUriIsNoIdentity() {
    assertThat(SpiffeId.tryParse("spiffe://td/ns/a/sa/" + "b".repeat(SpiffeId.MAX_LENGTH)))
        .isEmpty();
  }
}
