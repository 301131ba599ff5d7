package dev.groundmesh.tunnel.relay;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Buffers in order, with their sum. Costs nothing but its own fields while it holds at most one
 * buffer, which is the common case.
 *
 * <p>Small pieces of large buffers are copied when they have to wait, so that what waits pins no
 * more memory than about twice its size.
 */
public final class BufferQueue {
  private static final int MERGE_LIMIT = 4096;
  private static final int MERGE_CAPACITY = 16384;

  private @Nullable ByteBuf head;
  private @Nullable ArrayDeque<ByteBuf> rest;
  private long bytes;

  /** Creates an empty queue. */
  public BufferQueue() {}

  /** Adds a buffer that is about to leave again; takes over its reference. */
  public void add(ByteBuf buffer) {
    bytes += buffer.readableBytes();
    append(buffer);
  }

  /**
   * Adds a buffer that will have to wait: takes over its reference and copies it if it is small.
   */
  public void addWaiting(ByteBuf buffer) {
    int length = buffer.readableBytes();
    if (length > MERGE_LIMIT) {
      add(buffer);
      return;
    }
    try {
      ByteBuf last = rest != null && !rest.isEmpty() ? rest.peekLast() : null;
      ByteBuf target;
      if (last != null && last.refCnt() == 1 && last.writableBytes() >= length) {
        target = last;
      } else {
        int capacity = head == null ? Math.max(length, 256) : MERGE_CAPACITY;
        target = buffer.alloc().directBuffer(capacity, capacity);
        append(target);
      }
      target.writeBytes(buffer);
      bytes += length;
    } finally {
      // Also where memory has run out.
      buffer.release();
    }
  }

  private void append(ByteBuf buffer) {
    if (head == null) {
      head = buffer;
      return;
    }
    if (rest == null) {
      rest = new ArrayDeque<>(4);
    }
    rest.add(buffer);
  }

  /** The first buffer, or null. */
  public @Nullable ByteBuf peek() {
    return head;
  }

  /** Takes the first buffer out; the caller owns its reference. */
  public @Nullable ByteBuf poll() {
    ByteBuf first = head;
    if (first != null) {
      bytes -= first.readableBytes();
      next();
    }
    return first;
  }

  private void next() {
    head = rest == null ? null : rest.poll();
    if (head == null) {
      rest = null;
    }
  }

  /** Drops {@code count} bytes from the front: they were sent. */
  public void skip(long count) {
    bytes -= count;
    long left = count;
    while (left > 0) {
      ByteBuf first = head;
      if (first == null) {
        throw new IllegalArgumentException("count: " + count + " (expected: <= the bytes held)");
      }
      int readable = first.readableBytes();
      if (readable > left) {
        first.skipBytes((int) left);
        return;
      }
      left -= readable;
      first.release();
      next();
    }
  }

  /** Whether more than one buffer waits. */
  boolean hasSeveral() {
    return rest != null;
  }

  /** The buffers after the first one, in order. */
  Iterable<ByteBuf> rest() {
    return rest == null ? List.of() : rest;
  }

  public boolean isEmpty() {
    return head == null;
  }

  /** Readable bytes of all buffers. */
  public long bytes() {
    return bytes;
  }

  /** Releases everything. */
  public void clear() {
    while (head != null) {
      head.release();
      next();
    }
    bytes = 0;
  }
}
