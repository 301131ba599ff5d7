package dev.groundmesh.tunnel.relay;

import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One descriptor that is kept back: at the limit of the process it is given up for a moment to take
 * a connection, which is then refused at once instead of waiting in the kernel's queue for a
 * descriptor that may never come. One for each event loop; used on it alone.
 */
final class DescriptorReserve {
  private static final Logger log = LoggerFactory.getLogger(DescriptorReserve.class);
  private static final FastThreadLocal<DescriptorReserve> OF_THREAD =
      new FastThreadLocal<>() {
        @Override
        protected DescriptorReserve initialValue() {
          return new DescriptorReserve();
        }
      };

  private @Nullable FileDescriptor held;

  private DescriptorReserve() {}

  /** The reserve of the calling event loop. */
  static DescriptorReserve ofThisLoop() {
    return OF_THREAD.get();
  }

  /** Takes a descriptor into the reserve, where there is none in it and the process has one. */
  void fill() {
    if (held == null) {
      try {
        held = FileDescriptor.from("/dev/null");
      } catch (IOException e) {
        log.debug("no descriptor for the reserve", e);
      }
    }
  }

  /** Gives it up, for the next descriptor to be made; false where there was none. */
  boolean release() {
    FileDescriptor given = held;
    held = null;
    if (given == null) {
      return false;
    }
    try {
      given.close();
    } catch (IOException e) {
      log.warn("the reserve cannot be closed: {}", e.getMessage());
    }
    return true;
  }
}
