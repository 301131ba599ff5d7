package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.meshapi.proto.workload.Port;
import dev.groundmesh.meshapi.proto.workload.PortList;
import java.util.List;
import java.util.Map;

/**
 * A service as its workloads see it.
 *
 * @param name {@code namespace/host}
 * @param fromEntry whether a ServiceEntry describes it, where ports are matched by their own name
 */
record ServiceView(String name, boolean fromEntry, List<NamedPort> ports) {

  /**
   * A port.
   *
   * @param targetPort 0 where it is named, or not given
   */
  record NamedPort(int port, int targetPort, String name, String targetPortName) {}

  static ServiceView of(Service service, String host) {
    return new ServiceView(
        service.metadata().namespace() + '/' + host,
        false,
        service.ports().stream()
            .map(p -> new NamedPort(p.port(), p.targetPort(), p.name(), p.targetPortName()))
            .toList());
  }

  static ServiceView of(ServiceEntry entry, String host) {
    return new ServiceView(
        entry.metadata().namespace() + '/' + host,
        true,
        entry.ports().stream()
            .map(p -> new NamedPort(p.number(), p.targetPort(), p.name(), ""))
            .toList());
  }

  /**
   * The ports as one workload serves them; one that it does not have by name is left out.
   *
   * @param workloadPorts by name
   * @param pod whether the workload is a pod; else a Service's ports may be renumbered by their
   *     name as well
   */
  PortList on(Map<String, Integer> workloadPorts, boolean pod) {
    PortList.Builder list = PortList.newBuilder();
    for (NamedPort port : ports) {
      Integer target;
      if (!port.targetPortName().isEmpty()) {
        target = workloadPorts.get(port.targetPortName());
      } else if (fromEntry || !pod) {
        int own = port.targetPort() == 0 ? port.port() : port.targetPort();
        target = port.name().isEmpty() ? own : workloadPorts.getOrDefault(port.name(), own);
      } else {
        target = port.targetPort();
      }
      if (target != null) {
        list.addPorts(Port.newBuilder().setServicePort(port.port()).setTargetPort(target));
      }
    }
    return list.build();
  }
}
