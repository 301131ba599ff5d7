package dev.groundmesh.controller.xds;

import com.google.protobuf.Any;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Responses that together bring a subscriber to one revision. Each is encoded when it is first
 * needed, and then shared by all who send the same series. Thread-safe.
 */
final class MessageSeries {

  /**
   * Bytes of resources in one response; a larger single resource goes alone. One response at most
   * waits in the buffers of a stream whose client does not read, and there are many streams.
   */
  static final int MAX_BYTES = 64 << 10;

  private record Part(int from, int to, int removedFrom, int removedTo) {}

  private final ResourceType type;
  private final long revision;
  private final String noncePrefix;
  private final boolean withAliases;
  private final List<CompiledResource> updated;
  private final List<String> removed;
  private final List<Part> parts;
  private final AtomicReferenceArray<ResponseMessage> encoded;

  /**
   * The series of these updates and removals; at least one response, be it empty.
   *
   * @param noncePrefix told apart from any other series of the same stream and type
   * @param withAliases whether resources are sent with the keys they can be asked by
   */
  MessageSeries(
      ResourceType type,
      long revision,
      String noncePrefix,
      boolean withAliases,
      List<CompiledResource> updated,
      List<String> removed) {
    this.type = type;
    this.revision = revision;
    this.noncePrefix = noncePrefix;
    this.withAliases = withAliases;
    this.updated = updated;
    this.removed = removed;
    this.parts = split(updated, removed);
    this.encoded = new AtomicReferenceArray<>(parts.size());
  }

  private static List<Part> split(List<CompiledResource> updated, List<String> removed) {
    List<Part> parts = new ArrayList<>();
    int from = 0;
    int bytes = 0;
    for (int i = 0; i < updated.size(); i++) {
      int size = updated.get(i).bytes().size() + updated.get(i).name().length() + 100;
      if (bytes > 0 && bytes + size > MAX_BYTES) {
        parts.add(new Part(from, i, 0, 0));
        from = i;
        bytes = 0;
      }
      bytes += size;
    }
    int removedFrom = 0;
    for (int i = 0; i < removed.size(); i++) {
      int size = removed.get(i).length() + 4;
      if (bytes > 0 && bytes + size > MAX_BYTES) {
        parts.add(new Part(from, updated.size(), removedFrom, i));
        from = updated.size();
        removedFrom = i;
        bytes = 0;
      }
      bytes += size;
    }
    if (from < updated.size() || removedFrom < removed.size() || parts.isEmpty()) {
      parts.add(new Part(from, updated.size(), removedFrom, removed.size()));
    }
    return parts;
  }

  ResourceType type() {
    return type;
  }

  /** Where a subscriber stands that was sent all of it. */
  long revision() {
    return revision;
  }

  int size() {
    return parts.size();
  }

  boolean isEmpty() {
    return updated.isEmpty() && removed.isEmpty();
  }

  List<CompiledResource> updated() {
    return updated;
  }

  List<String> removed() {
    return removed;
  }

  ResponseMessage get(int index) {
    ResponseMessage message = encoded.get(index);
    if (message == null) {
      message = encode(index);
      encoded.set(index, message);
    }
    return message;
  }

  private ResponseMessage encode(int index) {
    Part part = parts.get(index);
    String nonce = noncePrefix + revision + '.' + index;
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setSystemVersionInfo(Long.toString(revision))
            .setTypeUrl(type.typeUrl())
            .setNonce(nonce);
    for (CompiledResource resource : updated.subList(part.from, part.to)) {
      response.addResources(encode(resource));
    }
    response.addAllRemovedResources(removed.subList(part.removedFrom, part.removedTo));
    return new ResponseMessage(
        response.build().toByteString(),
        nonce,
        part.to - part.from,
        part.removedTo - part.removedFrom);
  }

  private Resource.Builder encode(CompiledResource resource) {
    Resource.Builder builder =
        Resource.newBuilder()
            .setName(resource.name())
            .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(resource.bytes()));
    if (type != ResourceType.AUTHORIZATION) {
      // As Istio: policies carry no version, so that a reconnect always brings them all.
      builder.setVersion(resource.version());
    }
    if (withAliases) {
      builder.addAllAliases(resource.aliases());
    }
    return builder;
  }
}
