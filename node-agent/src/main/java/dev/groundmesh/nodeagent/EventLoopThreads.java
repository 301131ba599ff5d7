package dev.groundmesh.nodeagent;

import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the threads of event loops, named {@code <prefix>0} and on. They are of Netty's own kind:
 * on any other thread its recycler keeps nothing, so that each read and write would allocate a new
 * buffer object.
 */
final class EventLoopThreads implements ThreadFactory {
  private final String prefix;
  private final boolean daemon;
  private final AtomicInteger made = new AtomicInteger();

  EventLoopThreads(String prefix, boolean daemon) {
    this.prefix = prefix;
    this.daemon = daemon;
  }

  @Override
  public Thread newThread(Runnable work) {
    Thread thread = new FastThreadLocalThread(work, prefix + made.getAndIncrement());
    thread.setDaemon(daemon);
    return thread;
  }
}
