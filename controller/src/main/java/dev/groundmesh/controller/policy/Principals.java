package dev.groundmesh.controller.policy;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.proto.security.Action;
import dev.groundmesh.meshapi.proto.security.StringMatch;
import java.util.List;

/**
 * Principals as policies write them, for a mesh of this trust domain. As the trust domain {@code
 * cluster.local} stands for the mesh's own, whatever that is called.
 *
 * <p>A principal has no scheme, so that one with {@code spiffe://} is nobody's. It is read without
 * where it would otherwise let through whom it names.
 */
record Principals(String trustDomain) {

  private static final String OWN = "cluster.local/";

  /** Those of whom a rule speaks. */
  List<StringMatch> matching(Action action, List<String> values) {
    return matches(values, action == Action.DENY);
  }

  /** Those of whom a rule does not speak. */
  List<StringMatch> excluded(Action action, List<String> values) {
    return matches(values, action == Action.ALLOW);
  }

  private List<StringMatch> matches(List<String> values, boolean withoutScheme) {
    return Matches.strings(
        values.stream()
            .map(
                value ->
                    ofOwnTrustDomain(
                        withoutScheme && value.startsWith(SpiffeId.SCHEME)
                            ? value.substring(SpiffeId.SCHEME.length())
                            : value))
            .toList());
  }

  private String ofOwnTrustDomain(String value) {
    return value.startsWith(OWN) ? trustDomain + '/' + value.substring(OWN.length()) : value;
  }
}
