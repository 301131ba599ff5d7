package dev.groundmesh.nodeagent.flow;

import io.netty.channel.EventLoop;
import java.util.List;

/** The state of every event loop that carries traffic. Any thread. */
public final class LoopStates {
  private final List<LoopState> states;

  /** Of the loops that there will be. */
  public LoopStates(List<LoopState> states) {
    this.states = List.copyOf(states);
  }

  /** All. */
  public List<LoopState> all() {
    return states;
  }

  /** Of one loop. */
  public LoopState of(EventLoop loop) {
    for (LoopState state : states) {
      if (state.loop().equals(loop)) {
        return state;
      }
    }
    throw new IllegalArgumentException("loop: " + loop + " (expected: one of the agent's)");
  }

  /** Of the loop that the caller is on. */
  public LoopState current() {
    for (LoopState state : states) {
      if (state.loop().inEventLoop()) {
        return state;
      }
    }
    throw new IllegalStateException(
        "thread: " + Thread.currentThread() + " (expected: one of the agent's event loops)");
  }
}
