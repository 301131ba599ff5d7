package dev.groundmesh.tunnel.relay;

import io.netty.util.internal.PlatformDependent;

/**
 * How much of the process's direct memory is taken, of which every buffer of the data path is. Long
 * before it is spent every stream holds less, then nothing new is taken and what nobody reads is
 * given up, so that one application that does not read never costs the others theirs. Any thread.
 */
public final class RelayMemory {
  /** What a stream may hold while memory is tight, bytes. */
  public static final int TIGHT_HOLD = 256 * 1024;

  /**
   * What a slow connection may hold while memory is scarce, bytes; more of it costs it its life.
   */
  public static final int SLOW_HOLD = 64 * 1024;

  /** What may wait for a slow socket while memory is scarce, bytes: enough to be sent at once. */
  private static final int SCARCE_HOLD = 32 * 1024;

  private static final int SCARCE_READ = 8 * 1024;
  private static final long THIRD = PlatformDependent.maxDirectMemory() / 3;

  /** For so long a look is good: it takes the allocator a few locks. */
  private static final long LOOK_NANOS = 1_000_000;

  private static volatile long inUse;
  private static volatile long lookedAt = System.nanoTime() - LOOK_NANOS;

  private RelayMemory() {}

  /** From a third on: peers are told to send no more than what is being read. */
  public static boolean isTight() {
    return isTaken(THIRD);
  }

  /** From two thirds on: nothing new is taken, and what nobody reads is given up. */
  public static boolean isScarce() {
    return isTaken(2 * THIRD);
  }

  /**
   * The allocator keeps for later what it had to take once, so that counts only where it is used.
   */
  private static boolean isTaken(long bytes) {
    return PlatformDependent.usedDirectMemory() >= bytes && inUse() >= bytes;
  }

  private static long inUse() {
    long now = System.nanoTime();
    if (now - lookedAt >= LOOK_NANOS) {
      lookedAt = now;
      inUse = RelayBuffers.ALLOCATOR.pinnedDirectMemory();
    }
    return inUse;
  }

  /** What may wait in a stream that usually takes {@code usual} bytes. */
  public static long mostWaiting(long usual) {
    return isScarce() ? Math.min(usual, SCARCE_HOLD) : usual;
  }

  /** How much to read at once where usually {@code usual} bytes are. */
  static int mostRead(int usual) {
    return isScarce() ? Math.min(usual, SCARCE_READ) : usual;
  }
}
