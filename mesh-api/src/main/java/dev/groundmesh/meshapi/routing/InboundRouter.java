package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;

/** Decides what an inbound connection may reach. Stateless, for any thread. */
@SuppressWarnings("DoNotCallSuggester")
public final class InboundRouter {

  private InboundRouter() {}

  /**
   * An HBONE request.
   *
   * @param local the workload whose listener took the connection
   * @param connectionDestination the address that the tunnel was made to
   */
  public static InboundDecision decide(
      MeshSnapshot mesh,
      Workload local,
      IpAddress connectionDestination,
      ConnectAuthority authority) {
    throw new UnsupportedOperationException();
  }

  /** A captured connection without a tunnel, to {@code port} of {@code local}. */
  public static InboundDecision decidePlaintext(Workload local, int port) {
    throw new UnsupportedOperationException();
  }
}
