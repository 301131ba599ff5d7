package dev.groundmesh.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadSizeTest {
  private final ReadSize size = new ReadSize();

  private void full() {
    size.record(size.next(), size.next());
  }

  private void poor() {
    size.record(1, size.next());
  }

  @Test
  void aFullReadMakesTheNextOneLarger() {
    int before = size.next();

    full();

    assertThat(size.next()).isGreaterThan(before);
  }

  @Test
  void theLargestSizeIsBounded() {
    for (int i = 0; i < 20; i++) {
      full();
    }

    assertThat(size.next()).isEqualTo(262_144);
  }

  @Test
  void onePoorReadChangesNothing() {
    full();
    int before = size.next();

    poor();

    assertThat(size.next()).isEqualTo(before);
  }

  @Test
  void twoPoorReadsInARowMakeTheNextOneSmaller() {
    full();
    int before = size.next();

    poor();
    poor();

    assertThat(size.next()).isLessThan(before);
  }

  @Test
  void theSmallestSizeStays() {
    int smallest = size.next();

    poor();
    poor();
    poor();

    assertThat(size.next()).isEqualTo(smallest);
  }
}
