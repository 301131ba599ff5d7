package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.ObjectKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a batch of changes reaches, and is therefore to be compiled anew, in the order reached. */
final class Dirty {
  final Set<ObjectKey> services = new LinkedHashSet<>();
  final Set<ObjectKey> workloads = new LinkedHashSet<>();
  final Set<ObjectKey> policies = new LinkedHashSet<>();
  final Set<ObjectKey> statuses = new LinkedHashSet<>();
}
