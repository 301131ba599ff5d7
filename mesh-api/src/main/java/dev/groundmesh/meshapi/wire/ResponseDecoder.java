package dev.groundmesh.meshapi.wire;

import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;

/**
 * Turns responses of the control plane into records; keeps what repeats only once. For one thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ResponseDecoder {

  /**
   * Decodes a response; a resource that cannot be used never keeps the others from being used.
   *
   * @throws IllegalArgumentException if the response is of a type that {@link ResourceType} does
   *     not list
   */
  public DecodedResponse decode(DeltaDiscoveryResponse response) {
    throw new UnsupportedOperationException(response.getTypeUrl());
  }
}
