package dev.groundmesh.tunnel.relay;

import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final Pattern SOFT_LIMIT = Pattern.compile("(?m)^Max open files +(\\d+) ");
  private static final int MOST_KEPT_FREE = 128;
  private static final int KEPT_FREE_SHARE = 4;
  private static final int SCARCE_FROM = scarceFrom();

  private @Nullable FileDescriptor held;

  private DescriptorReserve() {}

  /**
   * Whether a connection's descriptor shows that few are left; the kernel gives the lowest number
   * that is free. The last ones are for the connections that are served already and for the JVM: a
   * class that it could not load for want of a descriptor it would never try to load again.
   */
  static boolean isScarce(int descriptor) {
    return descriptor >= SCARCE_FROM;
  }

  private static int scarceFrom() {
    try {
      Matcher soft = SOFT_LIMIT.matcher(Files.readString(Path.of("/proc/self/limits")));
      if (soft.find()) {
        long limit = Long.parseLong(soft.group(1));
        long free = Math.min(MOST_KEPT_FREE, limit / KEPT_FREE_SHARE);
        return (int) Math.min(Integer.MAX_VALUE, limit - free);
      }
    } catch (IOException | NumberFormatException e) {
      log.warn("the limit of descriptors is not known: {}", e.getMessage());
    }
    return Integer.MAX_VALUE;
  }

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
