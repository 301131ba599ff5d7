package dev.groundmesh.meshapi.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ports of a service, or of one workload as an endpoint of a service, by service port. */
public final class PortMap {

  /** No port. */
  public static final PortMap EMPTY = new PortMap(new Port[0]);

  private final Port[] ports;

  private PortMap(Port[] sortedPorts) {
    this.ports = sortedPorts;
  }

  /** A map of the given ports; of two with the same service port the last one counts. */
  public static PortMap of(Collection<Port> ports) {
    if (ports.isEmpty()) {
      return EMPTY;
    }
    Port[] sorted = ports.toArray(Port[]::new);
    Arrays.sort(sorted, (a, b) -> Integer.compare(a.servicePort(), b.servicePort()));
    int kept = 0;
    for (Port port : sorted) {
      if (kept > 0 && sorted[kept - 1].servicePort() == port.servicePort()) {
        kept--;
      }
      sorted[kept++] = port;
    }
    return new PortMap(kept == sorted.length ? sorted : Arrays.copyOf(sorted, kept));
  }

  public static PortMap of(Port... ports) {
    return of(List.of(ports));
  }

  /** The port that clients dial as {@code servicePort}, or null if the service has none such. */
  public @Nullable Port find(int servicePort) {
    for (Port port : ports) {
      if (port.servicePort() == servicePort) {
        return port;
      }
    }
    return null;
  }

  /** All ports in the order of their service port. */
  public List<Port> asList() {
    return List.of(ports);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PortMap that && Arrays.equals(ports, that.ports);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ports);
  }

  @Override
  public String toString() {
    return Arrays.toString(ports);
  }
}
