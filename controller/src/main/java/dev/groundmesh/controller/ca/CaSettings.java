package dev.groundmesh.controller.ca;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the certificate authority works.
 *
 * @param trustDomain of every identity it signs
 * @param defaultLifetime of a leaf when the request names none
 * @param maxLifetime a request for more is refused
 * @param pluggedDirectory the files of Istio's {@code cacerts}; null: roots of our own
 */
public record CaSettings(
    String trustDomain,
    Duration defaultLifetime,
    Duration maxLifetime,
    @Nullable Path pluggedDirectory) {

  /** Leaves of 24 hours, at most 90 days, roots of our own. */
  public static CaSettings defaults(String trustDomain) {
    return new CaSettings(trustDomain, Duration.ofHours(24), Duration.ofDays(90), null);
  }
}
