package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.NetworkAddress;
import dev.groundmesh.meshapi.proto.workload.PortList;
import dev.groundmesh.meshapi.proto.workload.Service;
import dev.groundmesh.meshapi.proto.workload.Workload;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.OrderedPSet;
import org.pcollections.PSet;

/** Resources made by hand, published change by change to whoever serves them. */
@NullUnmarked
public final class TestResources {

  private final ResourceSink sink;
  private final List<CompiledResource> updated = new ArrayList<>();
  private final List<CompiledResource> removed = new ArrayList<>();
  private long revision;
  private HashPMap<String, CompiledResource> addresses = HashTreePMap.empty();
  private HashPMap<String, CompiledResource> authorizations = HashTreePMap.empty();
  private HashPMap<String, HashPMap<String, CompiledResource>> enrolments = HashTreePMap.empty();
  private HashPMap<String, List<String>> namesByAlias = HashTreePMap.empty();
  private HashPMap<String, PSet<String>> workloadsByService = HashTreePMap.empty();
  private HashPMap<String, NodePods> pods = HashTreePMap.empty();

  public TestResources(ResourceSink sink) {
    this.sink = sink;
  }

  public static String uid(String name) {
    return "Kubernetes//Pod/shop/" + name;
  }

  public TestResources node(String node) {
    pods = pods.plus(node, pods.getOrDefault(node, NodePods.NONE));
    return this;
  }

  /** A pod of namespace {@code shop} whose service account is its name. */
  public TestResources pod(String name, String ip, String node, String... services) {
    Workload.Builder workload =
        Workload.newBuilder()
            .setUid(uid(name))
            .setName(name)
            .setNamespace("shop")
            .setNode(node)
            .setServiceAccount(name)
            .addAddresses(bytes(ip));
    for (String service : services) {
      workload.putServices(service, PortList.getDefaultInstance());
      workloadsByService =
          workloadsByService.plus(service, with(workloadsByService.get(service), uid(name)));
    }
    put(
        uid(name),
        Address.newBuilder().setWorkload(workload).build().toByteString(),
        List.of("/" + ip));
    NodePods of = pods.getOrDefault(node, NodePods.NONE);
    pods = pods.plus(node, of.plus(new NodePods.NodePod("shop", name, name, "uid-" + name)));
    return this;
  }

  public TestResources removePod(String name, String node) {
    drop(uid(name));
    NodePods of = pods.getOrDefault(node, NodePods.NONE);
    pods = pods.plus(node, of.minus("shop", name));
    return this;
  }

  public TestResources service(String key, String ip) {
    Service service =
        Service.newBuilder()
            .setNamespace(key.substring(0, key.indexOf('/')))
            .setHostname(key.substring(key.indexOf('/') + 1))
            .addAddresses(NetworkAddress.newBuilder().setAddress(bytes(ip)))
            .build();
    put(key, Address.newBuilder().setService(service).build().toByteString(), List.of("/" + ip));
    return this;
  }

  public TestResources policy(String key) {
    CompiledResource resource =
        resource(
            ResourceType.AUTHORIZATION,
            key,
            Authorization.newBuilder().setName(key).build().toByteString(),
            List.of(),
            null);
    authorizations = authorizations.plus(key, resource);
    updated.add(resource);
    return this;
  }

  public TestResources removePolicy(String key) {
    removed.add(authorizations.get(key));
    authorizations = authorizations.minus(key);
    return this;
  }

  public TestResources enrol(String name, String node) {
    CompiledResource resource =
        resource(
            ResourceType.POD_ENROLMENT,
            uid(name),
            PodEnrolment.newBuilder()
                .setWorkloadUid(uid(name))
                .setNamespace("shop")
                .setName(name)
                .setRuntimeId("uid-" + name)
                .setEnrolled(true)
                .build()
                .toByteString(),
            List.of(),
            node);
    enrolments =
        enrolments.plus(
            node,
            enrolments.getOrDefault(node, HashTreePMap.empty()).plus(resource.name(), resource));
    updated.add(resource);
    return this;
  }

  public TestResources release(String name, String node) {
    removed.add(enrolments.get(node).get(uid(name)));
    enrolments = enrolments.plus(node, enrolments.get(node).minus(uid(name)));
    return this;
  }

  /** Publishes what changed since the last time. */
  public CompiledResources publish() {
    revision++;
    CompiledResources snapshot =
        new CompiledResources(
            revision,
            addresses,
            authorizations,
            enrolments,
            HashTreePMap.empty(),
            namesByAlias,
            workloadsByService,
            pods,
            HashTreePMap.empty());
    sink.publish(snapshot, new ResourceDelta(revision, updated, removed));
    updated.clear();
    removed.clear();
    return snapshot;
  }

  private void put(String name, ByteString bytes, List<String> aliases) {
    CompiledResource resource = resource(ResourceType.ADDRESS, name, bytes, aliases, null);
    addresses = addresses.plus(name, resource);
    for (String alias : aliases) {
      namesByAlias = namesByAlias.plus(alias, List.of(name));
    }
    updated.add(resource);
  }

  private void drop(String name) {
    CompiledResource old = addresses.get(name);
    removed.add(old);
    addresses = addresses.minus(name);
    for (String alias : old.aliases()) {
      namesByAlias = namesByAlias.minus(alias);
    }
    for (var service : workloadsByService.entrySet()) {
      workloadsByService =
          workloadsByService.plus(service.getKey(), service.getValue().minus(name));
    }
  }

  private static CompiledResource resource(
      ResourceType type, String name, ByteString bytes, List<String> aliases, String node) {
    return new CompiledResource(
        type, name, Arrays.hashCode(bytes.toByteArray()), bytes, aliases, node);
  }

  private static <T> PSet<T> with(PSet<T> set, T element) {
    return set == null ? OrderedPSet.singleton(element) : set.plus(element);
  }

  private static ByteString bytes(String ip) {
    try {
      return ByteString.copyFrom(InetAddress.getByName(ip).getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(ip, e);
    }
  }
}
