package dev.groundmesh.tunnel.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.tunnel.path.SpentAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BufferQueueTest {
  private final BufferQueue queue = new BufferQueue();

  @AfterEach
  void clear() {
    queue.clear();
  }

  private static ByteBuf text(String text) {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer();
    buffer.writeCharSequence(text, US_ASCII);
    return buffer;
  }

  private static ByteBuf zeros(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(length).writeZero(length);
  }

  private String drain() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf next = queue.poll(); next != null; next = queue.poll()) {
      all.append(next.toString(US_ASCII));
      next.release();
    }
    return all.toString();
  }

  @Test
  void whatCannotWaitForWantOfMemoryIsReleased() {
    ByteBuf small = new SpentAllocator().heapBuffer().writeZero(100);

    assertThatThrownBy(() -> queue.addWaiting(small)).isInstanceOf(OutOfMemoryError.class);

    assertThat(small.refCnt()).isZero();
    assertThat(queue.bytes()).isZero();
  }

  @Test
  void bytesComeOutInTheOrderInWhichTheyWentIn() {
    queue.add(text("a"));
    queue.addWaiting(text("b"));
    queue.addWaiting(text("c"));
    queue.add(text("d"));
    queue.addWaiting(text("e"));

    assertThat(queue.bytes()).isEqualTo(5);
    assertThat(drain()).isEqualTo("abcde");
    assertThat(queue.bytes()).isZero();
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void whatWasSentIsSkippedOverTheBordersOfBuffers() {
    queue.add(text("abc"));
    queue.add(text("de"));
    queue.add(text("fgh"));

    queue.skip(6);

    assertThat(queue.bytes()).isEqualTo(2);
    assertThat(drain()).isEqualTo("gh");
  }

  @Test
  void toSkipAllLeavesNothing() {
    queue.add(text("abc"));
    queue.add(text("de"));

    queue.skip(5);

    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.bytes()).isZero();
  }

  @Test
  void toSkipMoreThanThereIsIsAnError() {
    queue.add(text("abc"));

    assertThatThrownBy(() -> queue.skip(4)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void smallPiecesThatWaitShareABufferAndPinNoLargeOne() {
    ByteBuf large = zeros(200_000);
    for (int i = 0; i < 100; i++) {
      queue.addWaiting(large.readRetainedSlice(10));
    }

    assertThat(large.refCnt()).isEqualTo(1);
    assertThat(queue.bytes()).isEqualTo(1000);
    int buffers = 0;
    for (ByteBuf next = queue.poll(); next != null; next = queue.poll()) {
      buffers++;
      next.release();
    }
    assertThat(buffers).isLessThanOrEqualTo(2);
    large.release();
  }

  @Test
  void largePiecesWaitWithoutACopy() {
    ByteBuf large = zeros(100_000);

    queue.addWaiting(large);

    assertThat(queue.peek()).isSameAs(large);
  }

  @Test
  void aBufferThatSomeoneElseHoldsIsNotWrittenTo() {
    ByteBuf shared = text("shared").retain();
    queue.add(text("first"));
    queue.add(shared);

    queue.addWaiting(text("more"));

    assertThat(shared.toString(US_ASCII)).isEqualTo("shared");
    assertThat(drain()).isEqualTo("firstsharedmore");
    shared.release();
  }
}
