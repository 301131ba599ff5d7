package dev.groundmesh.controller.policy;

import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.PeerAuthentication.Mode;
import dev.groundmesh.meshapi.proto.security.Action;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Scope;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From PeerAuthentication to DENY policies: plaintext has no identity, so STRICT is "deny who has
 * no identity". A workload's own policy comes before its namespace's, that before the mesh's; the
 * oldest wins among equals; UNSET inherits; DISABLE acts as PERMISSIVE, as receivers here take both
 * anyway.
 */
public final class PeerAuthenticationConversion {

  private static final String STATIC_STRICT = "istio_converted_static_strict";
  private static final String PREFIX = "converted_peer_authentication_";
  private static final Comparator<PeerAuthentication> OLDEST_FIRST =
      Comparator.comparingLong((PeerAuthentication p) -> p.metadata().created())
          .thenComparing(p -> p.metadata().namespace())
          .thenComparing(p -> p.metadata().name());

  private final String rootNamespace;

  public PeerAuthenticationConversion(String rootNamespace) {
    this.rootNamespace = rootNamespace;
  }

  /** The name ({@code namespace/name}) of the policy that workloads under STRICT list. */
  public String staticStrictName() {
    return rootNamespace + '/' + STATIC_STRICT;
  }

  /** That policy; sent as soon as there is any PeerAuthentication. */
  public Authorization staticStrict() {
    return deny(rootNamespace, STATIC_STRICT)
        .addGroups(Group.newBuilder().addRules(Matches.rules(Matches.NO_IDENTITY)))
        .build();
  }

  /** The one in effect among those of the same reach. */
  public static Optional<PeerAuthentication> oldest(Collection<PeerAuthentication> policies) {
    return policies.stream().min(OLDEST_FIRST);
  }

  /**
   * The mode of a namespace's workloads that have no policy of their own.
   *
   * @param namespacePolicies those without a selector, of the namespace
   * @param meshPolicies those without a selector, of the root namespace
   */
  public static Mode inherited(
      Collection<PeerAuthentication> namespacePolicies,
      Collection<PeerAuthentication> meshPolicies) {
    Mode namespace = oldest(namespacePolicies).map(PeerAuthentication::mode).orElse(Mode.UNSET);
    return namespace != Mode.UNSET
        ? namespace
        : oldest(meshPolicies).map(PeerAuthentication::mode).orElse(Mode.UNSET);
  }

  /** The policy for the ports that differ from the workload's mode; empty where none does. */
  public Optional<Authorization> portLevel(PeerAuthentication policy, Mode inherited) {
    boolean strict = isStrict(policy, inherited);
    List<Integer> exceptions =
        policy.portLevel().entrySet().stream()
            .filter(port -> differs(port, strict))
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    if (exceptions.isEmpty()) {
      return Optional.empty();
    }
    Authorization.Builder authorization =
        deny(policy.metadata().namespace(), PREFIX + policy.metadata().name());
    if (strict) {
      authorization.addGroups(
          Group.newBuilder()
              .addRules(Matches.rules(Matches.NO_IDENTITY))
              .addRules(
                  Matches.rules(Match.newBuilder().addAllNotDestinationPorts(exceptions).build())));
    } else {
      for (int port : exceptions) {
        authorization.addGroups(
            Group.newBuilder()
                .addRules(
                    Matches.rules(
                        Matches.NO_IDENTITY.toBuilder().addDestinationPorts(port).build())));
      }
    }
    return Optional.of(authorization.build());
  }

  /**
   * The names of the policies that a workload lists.
   *
   * @param own those that select the workload
   */
  public List<String> applied(Collection<PeerAuthentication> own, Mode inherited) {
    Optional<PeerAuthentication> effective = oldest(own);
    if (effective.isEmpty()) {
      return inherited == Mode.STRICT ? List.of(staticStrictName()) : List.of();
    }
    PeerAuthentication policy = effective.get();
    if (portLevel(policy, inherited).isPresent()) {
      // It holds the workload's mode too: beside the static policy its exceptions would not help.
      return List.of(policy.metadata().namespace() + '/' + PREFIX + policy.metadata().name());
    }
    return isStrict(policy, inherited) ? List.of(staticStrictName()) : List.of();
  }

  private static boolean isStrict(PeerAuthentication policy, Mode inherited) {
    Mode mode = policy.mode() == Mode.UNSET ? inherited : policy.mode();
    return mode == Mode.STRICT;
  }

  private static boolean differs(Map.Entry<Integer, Mode> port, boolean strict) {
    return switch (port.getValue()) {
      case UNSET -> false;
      case STRICT -> !strict;
      case PERMISSIVE, DISABLE -> strict;
    };
  }

  private static Authorization.Builder deny(String namespace, String name) {
    return Authorization.newBuilder()
        .setName(name)
        .setNamespace(namespace)
        .setScope(Scope.WORKLOAD_SELECTOR)
        .setAction(Action.DENY);
  }
}
