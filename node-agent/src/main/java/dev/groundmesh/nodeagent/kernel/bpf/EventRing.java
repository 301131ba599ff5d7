package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Pointer;
import dev.groundmesh.nodeagent.kernel.KernelException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a ring buffer. Not thread-safe, and only one reader at a time in the whole system.
 */
public final class EventRing implements AutoCloseable {
  private final Consumer<byte[]> consumer;

  /** Referenced for as long as libbpf may call it. */
  private final Libbpf.Sample sample = this::take;

  private final Pointer ring;

  /**
   * @param consumer gets each record; must not throw
   */
  public EventRing(BpfMap map, Consumer<byte[]> consumer) throws KernelException {
    this.consumer = consumer;
    Libbpf.listen();
    Pointer opened = Libbpf.ring_buffer__new(map.fd(), sample, null, null);
    if (opened == null) {
      throw Libbpf.failure("open eBPF ring buffer");
    }
    this.ring = opened;
  }

  /**
   * Hands over what there is, without waiting.
   *
   * @return how many records there were
   */
  public int drain() {
    return Math.max(0, Libbpf.ring_buffer__consume(ring));
  }

  @Override
  public void close() {
    Libbpf.ring_buffer__free(ring);
  }

  private int take(@Nullable Pointer context, Pointer data, long size) {
    consumer.accept(data.getByteArray(0, (int) size));
    return 0;
  }
}
