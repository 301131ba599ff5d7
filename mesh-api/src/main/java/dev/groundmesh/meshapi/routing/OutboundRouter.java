package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Decides where an outbound connection goes. Stateless but for its settings, for any thread.
 *
 * <p>The order of decisions is that of Istio's node proxy: the loop guard, a workload or service
 * that has the dialled address, its waypoint, its endpoint, and plain TCP for what the mesh does
 * not know.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class OutboundRouter {

  private final Predicate<Workload> servedHere;

  /**
   * Makes a router for one node.
   *
   * @param servedHere whether a workload is enrolled on this node and may be connected to without a
   *     tunnel; always false where every connection has to be tunnelled
   */
  public OutboundRouter(Predicate<Workload> servedHere) {
    this.servedHere = Objects.requireNonNull(servedHere, "servedHere");
  }

  /**
   * Decides about one connection.
   *
   * @param source the workload that connects
   * @param destination the address as the application dialled it
   * @param port 1 to 65535
   * @param random chooses among endpoints and waypoints
   */
  public OutboundDecision decide(
      MeshSnapshot mesh, Workload source, IpAddress destination, int port, RandomGenerator random) {
    throw new UnsupportedOperationException(servedHere.toString());
  }
}
