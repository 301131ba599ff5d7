package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.authorization.CompiledPolicy;
import dev.groundmesh.meshapi.authorization.PolicySource;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of the mesh at one moment. Immutable, for any thread; made by {@link
 * MeshStore}.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class MeshSnapshot implements PolicySource {

  /** Nothing is known. */
  public static final MeshSnapshot EMPTY = new MeshSnapshot();

  MeshSnapshot() {}

  /** Grows by one with each change; 0 for {@link #EMPTY}. */
  public long version() {
    throw new UnsupportedOperationException();
  }

  /** The workload with this uid, whatever its network mode and health. */
  public @Nullable Workload workload(String uid) {
    throw new UnsupportedOperationException();
  }

  /**
   * The workload that has {@code address} for itself on {@code network}; never one with its host's
   * address.
   */
  public @Nullable Workload workloadAt(String network, IpAddress address) {
    throw new UnsupportedOperationException();
  }

  public @Nullable Service service(NamespacedHostname key) {
    throw new UnsupportedOperationException();
  }

  /**
   * The service that a client of {@code clientNamespace} means by an address: among those that it
   * can see, the one with this very VIP, else the one with the longest range around it; of several
   * the one of the client's namespace, then a Kubernetes Service, then the first seen.
   */
  public @Nullable Service serviceAt(String network, IpAddress address, String clientNamespace) {
    throw new UnsupportedOperationException();
  }

  /**
   * The service that a client of {@code clientNamespace} means by a host name: among those that it
   * can see, the one of the client's namespace, then a Kubernetes Service, then the one of {@code
   * preferredNamespace}, then the first seen.
   *
   * @param hostname in lower case, without a trailing dot; a wildcard service is found by its own
   *     {@code *.} name
   * @param preferredNamespace null for none
   */
  public @Nullable Service serviceByHostname(
      String hostname, String clientNamespace, @Nullable String preferredNamespace) {
    throw new UnsupportedOperationException();
  }

  /** The endpoints of a service, whether the service itself is known yet or not; perhaps none. */
  public ServiceEndpoints endpoints(NamespacedHostname service) {
    throw new UnsupportedOperationException();
  }

  /** The pod of this node with this workload uid, if it is to be captured. */
  public @Nullable PodEnrolment enrolment(String workloadUid) {
    throw new UnsupportedOperationException();
  }

  public Collection<Workload> workloads() {
    throw new UnsupportedOperationException();
  }

  public Collection<Service> services() {
    throw new UnsupportedOperationException();
  }

  public Collection<CompiledPolicy> policies() {
    throw new UnsupportedOperationException();
  }

  public Collection<PodEnrolment> enrolments() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<CompiledPolicy> globalPolicies() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<CompiledPolicy> namespacePolicies(String namespace) {
    throw new UnsupportedOperationException();
  }

  @Override
  public @Nullable CompiledPolicy policy(String key) {
    throw new UnsupportedOperationException();
  }

  /**
   * Passes the name and version of every resource of {@code type}, as a reconnecting subscriber
   * lists them in {@code initial_resource_versions}.
   */
  public void forEachVersion(ResourceType type, BiConsumer<String, String> nameAndVersion) {
    throw new UnsupportedOperationException();
  }
}
