package dev.groundmesh.nodeagent.connection;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections of one event loop; used on that loop alone, but for {@link #size}. */
public final class LoopConnections {
  private final AtomicInteger size = new AtomicInteger();
  private @Nullable LiveConnection first;

  LoopConnections() {}

  /** Takes a connection in; it must be in no other set. */
  public void add(LiveConnection connection) {
    LiveConnection head = first;
    connection.owner = this;
    connection.next = head;
    if (head != null) {
      head.previous = connection;
    }
    first = connection;
    size.lazySet(size.get() + 1);
  }

  /** Takes it out; does nothing where it is not in this set. */
  public void remove(LiveConnection connection) {
    if (connection.owner != this) {
      return;
    }
    LiveConnection before = connection.previous;
    LiveConnection after = connection.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    connection.owner = null;
    connection.previous = null;
    connection.next = null;
    size.lazySet(size.get() - 1);
  }

  /** How many there are; any thread. */
  public int size() {
    return size.get();
  }

  /** Those that are there now. */
  public List<LiveConnection> present() {
    List<LiveConnection> present = new ArrayList<>(size.get());
    for (LiveConnection c = first; c != null; c = c.next) {
      present.add(c);
    }
    return present;
  }

  /** Visits those that are there now; the visitor may end any of them. */
  public void forEach(Consumer<LiveConnection> visitor) {
    for (LiveConnection connection : present()) {
      if (connection.owner == this) {
        visitor.accept(connection);
      }
    }
  }
}
