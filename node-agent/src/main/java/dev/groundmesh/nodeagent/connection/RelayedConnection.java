package dev.groundmesh.nodeagent.connection;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.ConnectionObserver;
import dev.groundmesh.tunnel.observer.MeshObserver;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.Relay;
import dev.groundmesh.tunnel.relay.RelayListener;
import dev.groundmesh.tunnel.relay.RelayMemory;
import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/**
 * What outbound and inbound connections have in common: being counted, observed, relayed, cut and
 * reported exactly once. Used on its event loop alone.
 */
public abstract class RelayedConnection extends LiveConnection implements RelayListener {
  /** Every other step has a time limit of its own, and all of them together take less. */
  static final int MOST_TICKS_ON_ITS_WAY = 12;

  private final LocalPod pod;
  private final LoopConnections connections;
  private ConnectionObserver observer = ConnectionObserver.NONE;
  private ConnectionObserver secondObserver = ConnectionObserver.NONE;
  private @Nullable Relay relay;
  private @Nullable ReasonCode cutReason;
  private long toDestination;
  private long toSource;
  private long movedBefore;
  private int ticksOnItsWay;
  private boolean opened;
  private boolean ended;

  /**
   * @param pod already counted in by {@link LocalPod#tryOpen}; counted out at the end
   */
  protected RelayedConnection(LocalPod pod, LoopConnections connections) {
    this.pod = pod;
    this.connections = connections;
  }

  /** Makes it known; to be called first. */
  protected final void begin() {
    connections.add(this);
  }

  /** Whose pod it is. */
  protected final LocalPod pod() {
    return pod;
  }

  @Override
  public boolean belongsTo(LocalPod other) {
    return pod.equals(other);
  }

  /** Whether it is over. */
  protected final boolean ended() {
    return ended;
  }

  /** Whether an observer was told of it. */
  protected final boolean opened() {
    return opened;
  }

  /** Tells the observers that it is known where the connection goes. */
  protected final void open(MeshObserver observers, ConnectionAttributes attributes) {
    observer = observers.opened(attributes);
    opened = true;
  }

  /** As {@link #open}, for the second reporter of a connection whose both ends are on this node. */
  protected final void openSecond(MeshObserver observers, ConnectionAttributes attributes) {
    secondObserver = observers.opened(attributes);
  }

  /** Tells the observers that the way stands, and relays until both sides are over. */
  protected final void relay(ByteStream downstream, ByteStream upstream) {
    observer.connected();
    secondObserver.connected();
    relay = Relay.start(downstream, upstream, this);
  }

  /**
   * Called at regular intervals: reports what has passed, and gives up what has been on its way for
   * too many of them.
   */
  public final void tick() {
    if (relay == null) {
      ticksOnItsWay++;
      if (ticksOnItsWay > MOST_TICKS_ON_ITS_WAY) {
        cut(ReasonCode.HBONE_TIMEOUT);
      }
    } else {
      reportBytes();
    }
  }

  /** Tells the observers how many bytes have passed since the last time. */
  private void reportBytes() {
    Relay running = relay;
    if (running == null) {
      return;
    }
    long up = running.bytesToUpstream();
    long down = running.bytesToDownstream();
    if (up > toDestination) {
      observer.bytesToDestination(up - toDestination);
      secondObserver.bytesToDestination(up - toDestination);
      toDestination = up;
    }
    if (down > toSource) {
      observer.bytesToSource(down - toSource);
      secondObserver.bytesToSource(down - toSource);
      toSource = down;
    }
  }

  /**
   * Called once a second while memory is scarce: gives the connection up if it holds much of it,
   * more than was read of it since the last time.
   */
  public final void relieve() {
    Relay running = relay;
    if (running == null || ended) {
      return;
    }
    long moved = running.bytesToUpstream() + running.bytesToDownstream();
    long held = running.heldBytes();
    if (held >= RelayMemory.SLOW_HOLD && moved - movedBefore < held) {
      cut(ReasonCode.MEMORY_LIMIT);
    }
    movedBefore = moved;
  }

  @Override
  public final void onRelayEnd(Relay relay, @Nullable StreamFailure failure) {
    this.relay = relay;
    ReasonCode reason = cutReason;
    if (reason != null) {
      end(new ConnectionEnd(reason, null));
    } else if (failure == null) {
      end(ConnectionEnd.NORMAL);
    } else {
      end(new ConnectionEnd(RelayFailures.reasonOf(failure), failure.detail()));
    }
  }

  @Override
  public final void cut(ReasonCode reason) {
    if (ended || cutReason != null) {
      return;
    }
    cutReason = reason;
    Relay running = relay;
    if (running != null) {
      running.cut(new StreamFailure(RelayFailures.kindOf(reason), reason.text()));
    } else {
      abandon(reason);
    }
  }

  /** Ends a connection that is not relayed yet, and calls {@link #end}. */
  protected abstract void abandon(ReasonCode reason);

  /** Reports the end, once; further calls do nothing. */
  protected final void end(ConnectionEnd end) {
    if (ended) {
      return;
    }
    reportBytes();
    ended = true;
    connections.remove(this);
    pod.closed();
    onEnd();
    observer.closed(end);
    secondObserver.closed(end);
  }

  /** Called once when it is over. */
  protected void onEnd() {}
}
