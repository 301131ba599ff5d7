package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.ObjectKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** What changes reach, and is therefore to be compiled anew, in the order reached. */
final class Dirty {
  final Set<ObjectKey> namespaces = new LinkedHashSet<>();
  final Set<ObjectKey> services = new LinkedHashSet<>();
  final Set<ObjectKey> workloads = new LinkedHashSet<>();
  final Set<ObjectKey> policies = new LinkedHashSet<>();
  final Set<ObjectKey> statuses = new LinkedHashSet<>();

  boolean isEmpty() {
    return namespaces.isEmpty()
        && services.isEmpty()
        && workloads.isEmpty()
        && policies.isEmpty()
        && statuses.isEmpty();
  }

  /** Adds an object to whatever it becomes. */
  void add(ObjectKey key) {
    switch (key.kind()) {
      case NAMESPACE -> namespaces.add(key);
      case SERVICE -> services.add(key);
      case SERVICE_ENTRY -> {
        services.add(key);
        workloads.add(key);
      }
      case POD, WORKLOAD_ENTRY, ENDPOINT_SLICE -> workloads.add(key);
      case AUTHORIZATION_POLICY, PEER_AUTHENTICATION -> policies.add(key);
      case NODE, GATEWAY, GATEWAY_CLASS, SERVICE_ACCOUNT -> {
        // They become nothing themselves.
      }
    }
  }
}
