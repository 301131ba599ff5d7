package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * One port of a service.
 *
 * @param servicePort the port that clients dial, 1 to 65535
 * @param targetPort the port that the endpoint listens on, 1 to 65535; 0 if the service names it
 *     and each workload says the number
 */
public record Port(int servicePort, int targetPort, AppProtocol appProtocol) {

  public Port {
    if (servicePort < 1 || servicePort > 65535) {
      throw new IllegalArgumentException("servicePort: " + servicePort + " (expected: 1 to 65535)");
    }
    if (targetPort < 0 || targetPort > 65535) {
      throw new IllegalArgumentException(
          "targetPort: " + targetPort + " (expected: 1 to 65535, or 0 for a named port)");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Port port
        && servicePort == port.servicePort
        && targetPort == port.targetPort
        && appProtocol == port.appProtocol;
  }

  @Override
  public int hashCode() {
    return 31 * servicePort + targetPort;
  }
}
