package dev.groundmesh.tunnel.relay;

/**
 * How large the next read of a socket should be: small until the peer shows that it sends more,
 * since most connections never do. A step up needs one full read, a step down two poor ones.
 */
final class ReadSize {
  private static final int[] STEPS = {2048, 8192, 32_768, 131_072, 262_144};

  private int step;
  private boolean poor;

  /** Capacity of the next buffer, bytes. */
  int next() {
    return STEPS[step];
  }

  /** Learns from a read of {@code bytes} into a buffer that had room for {@code room}. */
  void record(int bytes, int room) {
    if (bytes == room) {
      poor = false;
      if (step < STEPS.length - 1) {
        step++;
      }
    } else if (step > 0 && bytes < STEPS[step - 1] / 2) {
      if (poor) {
        step--;
      }
      poor = !poor;
    } else {
      poor = false;
    }
  }
}
