package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.source.ObjectChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A mesh of any size: namespaces of services of pods, spread over nodes. The objects of the same
 * numbers are the same each time.
 *
 * @param namespaces all in the mesh
 * @param servicesPerNamespace each with a cluster IP and one port
 * @param podsPerService one container port each, by name
 * @param nodes in three zones
 */
record SyntheticMesh(int namespaces, int servicesPerNamespace, int podsPerService, int nodes) {

  List<ObjectChange> all() {
    List<ObjectChange> changes = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      changes.add(
          put(
              new Node(
                  Metadata.named(
                      "",
                      "node-" + node,
                      Map.of(
                          "topology.kubernetes.io/region",
                          "r",
                          "topology.kubernetes.io/zone",
                          "z" + node % 3)))));
    }
    for (int namespace = 0; namespace < namespaces; namespace++) {
      changes.add(
          put(
              new Namespace(
                  Metadata.named(
                      "", "ns-" + namespace, Map.of("istio.io/dataplane-mode", "ambient")))));
      for (int service = 0; service < servicesPerNamespace; service++) {
        changes.add(put(service(namespace, service)));
        for (int pod = 0; pod < podsPerService; pod++) {
          changes.add(put(pod(namespace, service, pod, true)));
        }
      }
    }
    return changes;
  }

  Service service(int namespace, int service) {
    int number = namespace * servicesPerNamespace + service;
    return new Service(
        Metadata.named("ns-" + namespace, "svc-" + service, Map.of()),
        false,
        Map.of("app", "svc-" + service),
        false,
        List.of("10." + (96 + (number >> 16)) + '.' + (number >> 8 & 255) + '.' + (number & 255)),
        List.of(new Service.Port("http", "TCP", "", 80, 0, "http")),
        false,
        "",
        false,
        List.of());
  }

  Pod pod(int namespace, int service, int pod, boolean ready) {
    int number = (namespace * servicesPerNamespace + service) * podsPerService + pod;
    String app = "svc-" + service;
    return new Pod(
        Metadata.named("ns-" + namespace, app + "-" + pod, Map.of("app", app, "version", "v1")),
        app,
        "node-" + number % nodes,
        app,
        false,
        Map.of("http", 8080),
        List.of("10." + (number >> 16) + '.' + (number >> 8 & 255) + '.' + (number & 255)),
        false,
        ready);
  }

  private static ObjectChange put(dev.groundmesh.controller.model.MeshObject object) {
    return new ObjectChange.Put(object, List.of());
  }
}
