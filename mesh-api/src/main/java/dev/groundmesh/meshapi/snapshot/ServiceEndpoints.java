package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.model.LoadBalancing.HealthPolicy;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The workloads that serve one service. Immutable, for any thread. */
public final class ServiceEndpoints {

  static final ServiceEndpoints NONE = new ServiceEndpoints(new Workload[0], null);

  private final Workload[] all;
  private final Workload[] usable;
  private final long totalCapacity;
  private final boolean equalCapacities;

  private ServiceEndpoints(Workload[] all, @Nullable Service service) {
    this.all = all;
    this.usable = usable(all, service);
    long sum = 0;
    boolean equal = true;
    for (Workload workload : usable) {
      sum += workload.capacity();
      equal &= workload.capacity() == usable[0].capacity();
    }
    this.totalCapacity = sum;
    this.equalCapacities = equal;
  }

  /** All of them, healthy or not, in no particular order. */
  public List<Workload> all() {
    return Collections.unmodifiableList(Arrays.asList(all));
  }

  /** Those that may take connections under the service's health policy. */
  public List<Workload> usable() {
    return Collections.unmodifiableList(Arrays.asList(usable));
  }

  /** The number of {@link #usable} endpoints. */
  public int usableCount() {
    return usable.length;
  }

  /**
   * One of the {@link #usable} endpoints.
   *
   * @param index 0 to {@link #usableCount} - 1
   */
  public Workload usableAt(int index) {
    return usable[index];
  }

  /** The sum of the capacities of the {@link #usable} endpoints. */
  public long totalCapacity() {
    return totalCapacity;
  }

  /** Whether all {@link #usable} endpoints have the same capacity. */
  public boolean hasEqualCapacities() {
    return equalCapacities;
  }

  boolean isEmpty() {
    return all.length == 0;
  }

  /** These endpoints without those of {@code removedUids} and then with {@code added}. */
  ServiceEndpoints changed(
      Set<String> removedUids, Collection<Workload> added, @Nullable Service service) {
    List<Workload> changed = new ArrayList<>(all.length + added.size());
    for (Workload workload : all) {
      if (!removedUids.contains(workload.uid())) {
        changed.add(workload);
      }
    }
    changed.addAll(added);
    return changed.isEmpty()
        ? NONE
        : new ServiceEndpoints(changed.toArray(Workload[]::new), service);
  }

  private static Workload[] usable(Workload[] all, @Nullable Service service) {
    if (service != null && service.loadBalancing().healthPolicy() == HealthPolicy.ALLOW_ALL) {
      return all;
    }
    int healthy = 0;
    for (Workload workload : all) {
      if (workload.isHealthy()) {
        healthy++;
      }
    }
    if (healthy == all.length) {
      return all;
    }
    Workload[] usable = new Workload[healthy];
    int next = 0;
    for (Workload workload : all) {
      if (workload.isHealthy()) {
        usable[next++] = workload;
      }
    }
    return usable;
  }
}
