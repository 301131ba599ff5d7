package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.compile.AppProtocols;
import dev.groundmesh.controller.model.Service;

/** Ports of Services in the mesh that do not say what they speak. */
final class PortProtocolCheck implements Check {
  @Override
  public void run(World world, Findings findings) {
    world
        .all(Service.class)
        .forEach(
            (source, service) -> {
              boolean meshed =
                  world.workloadsOf(service.metadata().namespace()).stream()
                      .anyMatch(
                          workload ->
                              workload.meshed()
                                  && !service.selector().isEmpty()
                                  && workload.has(service.selector()));
              for (int p = 0; meshed && p < service.ports().size(); p++) {
                Service.Port port = service.ports().get(p);
                if (port.protocol().equals("TCP") && !AppProtocols.isTold(port)) {
                  findings.add(
                      FindingCode.PORT_WITHOUT_PROTOCOL,
                      source,
                      "spec.ports[" + p + ']',
                      port.name().isEmpty()
                          ? Integer.toString(port.port())
                          : port.name() + ' ' + port.port(),
                      "appProtocol, or a name that begins with it: http, http2, grpc, tls, tcp, ...");
                }
              }
            });
  }
}
