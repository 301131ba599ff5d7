package dev.groundmesh.tunnel.observer;

import java.util.ArrayList;
import java.util.List;

/** Several observers as one. */
final class AllObservers implements MeshObserver {
  private final MeshObserver[] observers;

  private AllObservers(List<MeshObserver> observers) {
    this.observers = observers.toArray(MeshObserver[]::new);
  }

  static MeshObserver of(List<MeshObserver> observers) {
    return switch (observers.size()) {
      case 0 -> NONE;
      case 1 -> observers.getFirst();
      default -> new AllObservers(observers);
    };
  }

  @Override
  public ConnectionObserver opened(ConnectionAttributes attributes) {
    List<ConnectionObserver> interested = new ArrayList<>(observers.length);
    for (MeshObserver observer : observers) {
      ConnectionObserver connection = observer.opened(attributes);
      if (!connection.equals(ConnectionObserver.NONE)) {
        interested.add(connection);
      }
    }
    return switch (interested.size()) {
      case 0 -> ConnectionObserver.NONE;
      case 1 -> interested.getFirst();
      default -> new AllOfOneConnection(interested.toArray(ConnectionObserver[]::new));
    };
  }

  @Override
  public void refused(RefusedConnection connection) {
    for (MeshObserver observer : observers) {
      observer.refused(connection);
    }
  }

  private static final class AllOfOneConnection implements ConnectionObserver {
    private final ConnectionObserver[] observers;

    AllOfOneConnection(ConnectionObserver[] observers) {
      this.observers = observers;
    }

    @Override
    public void connected() {
      for (ConnectionObserver observer : observers) {
        observer.connected();
      }
    }

    @Override
    public void bytesToDestination(long count) {
      for (ConnectionObserver observer : observers) {
        observer.bytesToDestination(count);
      }
    }

    @Override
    public void bytesToSource(long count) {
      for (ConnectionObserver observer : observers) {
        observer.bytesToSource(count);
      }
    }

    @Override
    public void closed(ConnectionEnd end) {
      for (ConnectionObserver observer : observers) {
        observer.closed(end);
      }
    }
  }
}
