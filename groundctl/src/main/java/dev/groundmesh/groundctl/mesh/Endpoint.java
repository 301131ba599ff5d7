package dev.groundmesh.groundctl.mesh;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where an admin page is asked.
 *
 * @param netns the network namespace to ask from, because admin pages listen on its localhost; null
 *     for this one
 * @param url such as {@code http://127.0.0.1:15000}
 */
public record Endpoint(@Nullable String netns, URI url) {
  @Override
  public String toString() {
    return netns == null ? url.toString() : url + " in " + netns;
  }
}
