package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.model.Workload;
import java.util.List;

/** The workloads that serve one service. Immutable, for any thread. */
@SuppressWarnings("DoNotCallSuggester")
public final class ServiceEndpoints {

  ServiceEndpoints() {}

  /** All of them, healthy or not, in no particular order. */
  public List<Workload> all() {
    throw new UnsupportedOperationException();
  }

  /** Those that may take connections under the service's health policy. */
  public List<Workload> usable() {
    throw new UnsupportedOperationException();
  }
}
