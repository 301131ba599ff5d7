package dev.groundmesh.meshapi.identity;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a workload: {@code spiffe://<trustDomain>/ns/<namespace>/sa/<serviceAccount>},
 * the form that Istio gives to SPIFFE ids. Immutable; compared exactly, by case too.
 *
 * @param trustDomain for example {@code cluster.local}
 * @param namespace the Kubernetes namespace
 * @param serviceAccount the Kubernetes service account
 */
public record SpiffeId(String trustDomain, String namespace, String serviceAccount) {

  public static final String SCHEME = "spiffe://";

  /** Longer URIs are no identities: the SPIFFE standard's bound, in bytes. */
  public static final int MAX_LENGTH = 2048;

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException when a part is empty, holds {@code /} or a control character
   */
  public SpiffeId {
    requirePart("trustDomain", trustDomain);
    requirePart("namespace", namespace);
    requirePart("serviceAccount", serviceAccount);
  }

  /**
   * The identity that the URI names.
   *
   * @param uri the full URI, scheme included
   * @throws IllegalArgumentException when it is not an identity, saying what was expected
   */
  public static SpiffeId parse(String uri) {
    return tryParse(uri)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "SPIFFE id: "
                        + abbreviate(uri)
                        + " (expected: spiffe://<trustDomain>/ns/<namespace>/sa/<serviceAccount>)"));
  }

  /** The identity that the URI names, or empty when it names none. */
  public static Optional<SpiffeId> tryParse(String uri) {
    if (uri.length() > MAX_LENGTH || !uri.startsWith(SCHEME)) {
      return Optional.empty();
    }
    int namespaceTag = uri.indexOf("/ns/", SCHEME.length());
    if (namespaceTag < 0) {
      return Optional.empty();
    }
    int accountTag = uri.indexOf("/sa/", namespaceTag + 4);
    if (accountTag < 0) {
      return Optional.empty();
    }
    String trustDomain = uri.substring(SCHEME.length(), namespaceTag);
    String namespace = uri.substring(namespaceTag + 4, accountTag);
    String serviceAccount = uri.substring(accountTag + 4);
    if (!isPart(trustDomain) || !isPart(namespace) || !isPart(serviceAccount)) {
      return Optional.empty();
    }
    return Optional.of(new SpiffeId(trustDomain, namespace, serviceAccount));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SpiffeId id
        && serviceAccount.equals(id.serviceAccount)
        && namespace.equals(id.namespace)
        && trustDomain.equals(id.trustDomain);
  }

  @Override
  public int hashCode() {
    return (serviceAccount.hashCode() * 31 + namespace.hashCode()) * 31 + trustDomain.hashCode();
  }

  /** The URI, scheme included. */
  @Override
  public String toString() {
    return SCHEME + principal();
  }

  /** The URI without its scheme, as authorization policies write principals. */
  public String principal() {
    return trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
  }

  private static void requirePart(String name, String part) {
    if (!isPart(part)) {
      throw new IllegalArgumentException(
          name
              + ": "
              + abbreviate(part)
              + " (expected: not empty, without '/' or control characters)");
    }
  }

  private static boolean isPart(String part) {
    if (part.isEmpty()) {
      return false;
    }
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (c == '/' || c < 0x20 || c == 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static String abbreviate(String text) {
    return text.length() <= 128 ? text : text.substring(0, 128) + "...";
  }
}
