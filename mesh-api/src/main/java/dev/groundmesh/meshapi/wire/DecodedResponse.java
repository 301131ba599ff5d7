package dev.groundmesh.meshapi.wire;

import java.util.List;

/**
 * A response of the control plane as records.
 *
 * @param delta everything that can be used
 * @param rejected what cannot; what was known of these resources before stays in force
 * @param limited what is used in its strictest reading, because it says something that this version
 *     does not know
 */
public record DecodedResponse(MeshDelta delta, List<Rejection> rejected, List<Limitation> limited) {

  /**
   * A resource that cannot be used.
   *
   * @param name the resource's name, as far as it is known
   * @param message names the resource, the field, its value and what was expected
   */
  public record Rejection(String name, String message) {}

  /**
   * A resource that is used in its strictest reading.
   *
   * @param name the resource's name
   * @param message names the field, its value, what was expected and what is done instead
   */
  public record Limitation(String name, String message) {}

  public DecodedResponse {
    rejected = List.copyOf(rejected);
    limited = List.copyOf(limited);
  }
}
