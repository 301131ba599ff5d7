package dev.groundmesh.nodeagent.lifecycle;

import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the agent when one of its event loops dies, which an {@link Error} thrown on it does: its
 * connections stand still, nothing can be mended in this process, and the kernel refuses what is
 * new until another one is there.
 */
public final class LoopWatch {
  private static final Logger log = LoggerFactory.getLogger(LoopWatch.class);

  private final Runnable end;
  private final AtomicBoolean over = new AtomicBoolean();

  /**
   * @param loops event loops that live as long as the agent
   * @param end ends the process at once; called at most once, on any thread
   */
  public LoopWatch(List<EventExecutor> loops, Runnable end) {
    this.end = end;
    for (EventExecutor loop : loops) {
      loop.terminationFuture().addListener(_ -> died(loop));
    }
  }

  private void died(EventExecutor loop) {
    if (over.compareAndSet(false, true)) {
      log.error(
          "an event loop died, the agent ends loop={} reason={}", loop, ReasonCode.INTERNAL_ERROR);
      end.run();
    }
  }

  /** From now on loops end because they should. */
  public void stop() {
    over.set(true);
  }
}
