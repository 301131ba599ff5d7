package dev.groundmesh.meshapi.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.wire.DecodedResponse.Limitation;
import dev.groundmesh.meshapi.wire.DecodedResponse.Rejection;
import dev.groundmesh.meshapi.wire.MeshDelta.Removal;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns responses of the control plane into records; what repeats across resources is kept only
 * once. For one thread.
 */
public final class ResponseDecoder {

  private final Interner interner = new Interner();

  /**
   * Decodes a response; a resource that cannot be used never keeps the others from being used.
   *
   * @throws IllegalArgumentException if the response is of a type that {@link ResourceType} does
   *     not list
   */
  public DecodedResponse decode(DeltaDiscoveryResponse response) {
    ResourceType type = ResourceType.fromTypeUrl(response.getTypeUrl());
    if (type == null) {
      throw new IllegalArgumentException(
          "type_url: " + response.getTypeUrl() + " (expected: a type that was subscribed to)");
    }
    return decode(type, response.getResourcesList(), response.getRemovedResourcesList());
  }

  /**
   * Decodes resources of one type and the names of those that are gone, from wherever they come.
   */
  public DecodedResponse decode(
      ResourceType type, Iterable<Resource> resources, Iterable<String> removed) {
    Decoding decoding = new Decoding(type);
    for (Resource resource : resources) {
      decoding.add(resource);
    }
    for (String name : removed) {
      decoding.removals.add(new Removal(type, name));
    }
    return decoding.result();
  }

  /** One response in the making. */
  private final class Decoding {
    private final ResourceType type;
    private final List<Update<Workload>> workloads = new ArrayList<>();
    private final List<Update<Service>> services = new ArrayList<>();
    private final List<Update<AuthorizationPolicy>> policies = new ArrayList<>();
    private final List<Update<PodEnrolment>> enrolments = new ArrayList<>();
    private final List<Update<NamespaceEnrolment>> namespaces = new ArrayList<>();
    private final List<Removal> removals = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();
    private final List<Limitation> limitations = new ArrayList<>();

    Decoding(ResourceType type) {
      this.type = type;
    }

    DecodedResponse result() {
      return new DecodedResponse(
          new MeshDelta(workloads, services, policies, enrolments, namespaces, removals),
          rejections,
          limitations);
    }

    void add(Resource resource) {
      ResourceReader reader = new ResourceReader(resource.getName(), interner);
      try {
        read(reader, resource);
        for (String limitation : reader.limitations()) {
          limitations.add(new Limitation(resource.getName(), limitation));
        }
      } catch (InvalidResourceException e) {
        rejections.add(new Rejection(e.resource(), String.valueOf(e.getMessage())));
      }
    }

    private void read(ResourceReader reader, Resource resource) throws InvalidResourceException {
      if (!resource.hasResource()) {
        throw reader.invalid("resource", "(missing)", type.typeUrl());
      }
      if (!resource.getResource().getTypeUrl().equals(type.typeUrl())) {
        throw reader.invalid(
            "resource.type_url", resource.getResource().getTypeUrl(), type.typeUrl());
      }
      ByteString body = resource.getResource().getValue();
      String version = resource.getVersion();
      try {
        switch (type) {
          case ADDRESS -> readAddress(reader, Address.parseFrom(body), version);
          case AUTHORIZATION -> {
            AuthorizationPolicy policy =
                new PolicyReader(reader).policy(Authorization.parseFrom(body));
            requireName(reader, policy.key());
            policies.add(new Update<>(policy, version));
          }
          case POD_ENROLMENT -> {
            PodEnrolment enrolment =
                new EnrolmentReader(reader)
                    .enrolment(dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.parseFrom(body));
            requireName(reader, enrolment.workloadUid());
            enrolments.add(new Update<>(enrolment, version));
          }
          case NAMESPACE_ENROLMENT -> {
            NamespaceEnrolment namespace =
                new EnrolmentReader(reader)
                    .namespace(
                        dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment.parseFrom(body));
            requireName(reader, namespace.name());
            namespaces.add(new Update<>(namespace, version));
          }
        }
      } catch (InvalidProtocolBufferException e) {
        throw reader.invalid(
            "resource", String.valueOf(e.getMessage()), "an encoded " + type.typeUrl());
      }
    }

    private void readAddress(ResourceReader reader, Address address, String version)
        throws InvalidResourceException {
      switch (address.getTypeCase()) {
        case WORKLOAD -> {
          Workload workload = new AddressReader(reader).workload(address.getWorkload());
          requireName(reader, workload.uid());
          workloads.add(new Update<>(workload, version));
        }
        case SERVICE -> {
          Service service = new AddressReader(reader).service(address.getService());
          // Host names have no case, and the key is kept in lower case.
          if (!reader.name().equalsIgnoreCase(service.key().toString())) {
            requireName(reader, service.key().toString());
          }
          services.add(new Update<>(service, version));
        }
        case TYPE_NOT_SET -> throw reader.invalid("type", "(not set)", "a workload or a service");
      }
    }

    /**
     * A resource is removed by the name that it came by, so that must be the one that it is kept
     * by.
     */
    private void requireName(ResourceReader reader, String expected)
        throws InvalidResourceException {
      if (!reader.name().equals(expected)) {
        throw reader.invalid("name", reader.name(), expected);
      }
    }
  }
}
