package dev.groundmesh.controller.policy;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.AuthorizationPolicy.Operation;
import dev.groundmesh.controller.model.AuthorizationPolicy.Rule;
import dev.groundmesh.controller.model.AuthorizationPolicy.Source;
import dev.groundmesh.controller.model.AuthorizationPolicy.Values;
import dev.groundmesh.controller.model.AuthorizationPolicy.When;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.meshapi.proto.security.Action;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * From AuthorizationPolicy to what an L4 proxy can enforce of it. What it cannot see (paths,
 * methods, ...) never makes a policy weaker: ALLOW rules that need it are left out, DENY rules are
 * enforced without it.
 */
public final class AuthorizationConversion {

  /** The condition that speaks of enforcement at L4. */
  public static final String CONDITION = "ZtunnelAccepted";

  private static final String UNSUPPORTED = "UnsupportedValue";
  private static final String DRY_RUN = "istio.io/dry-run";

  private final String rootNamespace;
  private final Principals principals;
  private final boolean denyWhatL4CannotMatch;
  private final boolean allowDryRun;

  /**
   * @param rootNamespace where policies without a selector apply to the whole mesh
   * @param trustDomain the mesh's own
   * @param denyWhatL4CannotMatch whether a DENY rule is enforced without its L7 attributes even if
   *     nothing else of it is left, or an alternative in it is L7 alone; else such a rule has no
   *     effect, as with Istio
   * @param allowDryRun whether the annotation {@code istio.io/dry-run} is honoured; else such
   *     policies are refused
   */
  public AuthorizationConversion(
      String rootNamespace,
      String trustDomain,
      boolean denyWhatL4CannotMatch,
      boolean allowDryRun) {
    this.rootNamespace = rootNamespace;
    this.principals = new Principals(trustDomain);
    this.denyWhatL4CannotMatch = denyWhatL4CannotMatch;
    this.allowDryRun = allowDryRun;
  }

  public Conversion convert(AuthorizationPolicy policy) {
    if (!policy.targets().isEmpty()) {
      return new Conversion(null, null);
    }
    boolean dryRun = "true".equalsIgnoreCase(policy.metadata().annotation(DRY_RUN));
    if (dryRun && !allowDryRun) {
      return refused(
          "metadata.annotations["
              + DRY_RUN
              + "]: true (expected: no dry run, which is not enabled)");
    }
    return switch (policy.action()) {
      case ALLOW -> enforced(policy, Action.ALLOW, dryRun);
      case DENY -> enforced(policy, Action.DENY, dryRun);
      case AUDIT, CUSTOM ->
          refused(
              "spec.action: "
                  + policy.action()
                  + " (expected: ALLOW or DENY; L4 proxies do not support the "
                  + policy.action()
                  + " action)");
    };
  }

  private static Conversion refused(String message) {
    return new Conversion(null, new Condition(CONDITION, false, UNSUPPORTED, message));
  }

  private Conversion enforced(AuthorizationPolicy policy, Action action, boolean dryRun) {
    Authorization.Builder authorization =
        Authorization.newBuilder()
            .setName(policy.metadata().name())
            .setNamespace(policy.metadata().namespace())
            .setScope(scope(policy))
            .setAction(action)
            .setDryRun(dryRun);
    Set<String> unseen = new TreeSet<>();
    for (Rule rule : policy.rules()) {
      Set<String> unseenInRule = new TreeSet<>();
      List<Rules> clauses = clauses(policy.metadata().namespace(), action, rule, unseenInRule);
      unseen.addAll(unseenInRule);
      if (action == Action.ALLOW && !unseenInRule.isEmpty()) {
        continue;
      }
      authorization.addGroups(Group.newBuilder().addAllRules(clauses));
    }
    Authorization built = authorization.build();
    return new Conversion(
        built, new Condition(CONDITION, true, reason(unseen), message(built, unseen)));
  }

  private Scope scope(AuthorizationPolicy policy) {
    if (!policy.selector().isEmpty()) {
      return Scope.WORKLOAD_SELECTOR;
    }
    return policy.metadata().namespace().equals(rootNamespace) ? Scope.GLOBAL : Scope.NAMESPACE;
  }

  private List<Rules> clauses(String namespace, Action action, Rule rule, Set<String> unseen) {
    List<Rules> clauses = new ArrayList<>();
    addClause(clauses, action, rule.to().stream().map(to -> match(to, unseen)).toList());
    addClause(
        clauses,
        action,
        rule.from().stream().map(from -> match(namespace, action, from, unseen)).toList());
    for (When when : rule.when()) {
      addClause(clauses, action, List.of(match(action, when, unseen)));
    }
    return clauses;
  }

  /**
   * The alternatives of one clause. One that is empty for want of L7 would match everything, were
   * it seen.
   */
  private void addClause(List<Rules> clauses, Action action, List<Match> alternatives) {
    boolean unconstrained =
        action == Action.DENY
            && denyWhatL4CannotMatch
            && alternatives.contains(Match.getDefaultInstance());
    if (!alternatives.isEmpty() && !unconstrained) {
      clauses.add(Rules.newBuilder().addAllMatches(alternatives).build());
    }
  }

  private static Match match(Operation operation, Set<String> unseen) {
    note(operation.hosts(), "hosts", "notHosts", unseen);
    note(operation.methods(), "methods", "notMethods", unseen);
    note(operation.paths(), "paths", "notPaths", unseen);
    return Match.newBuilder()
        .addAllDestinationPorts(Matches.ports(operation.ports().values()))
        .addAllNotDestinationPorts(Matches.ports(operation.ports().notValues()))
        .build();
  }

  private Match match(String namespace, Action action, Source source, Set<String> unseen) {
    note(source.remoteIpBlocks(), "remoteIpBlocks", "notRemoteIpBlocks", unseen);
    note(source.requestPrincipals(), "requestPrincipals", "notRequestPrincipals", unseen);
    note(source.trustDomains(), "trustDomains", "notTrustDomains", unseen);
    return Match.newBuilder()
        .addAllSourceIps(Matches.addresses(source.ipBlocks().values()))
        .addAllNotSourceIps(Matches.addresses(source.ipBlocks().notValues()))
        .addAllNamespaces(Matches.strings(source.namespaces().values()))
        .addAllNotNamespaces(Matches.strings(source.namespaces().notValues()))
        .addAllServiceAccounts(
            Matches.serviceAccounts(source.serviceAccounts().values(), namespace))
        .addAllNotServiceAccounts(
            Matches.serviceAccounts(source.serviceAccounts().notValues(), namespace))
        .addAllPrincipals(principals.matching(action, source.principals().values()))
        .addAllNotPrincipals(principals.excluded(action, source.principals().notValues()))
        .build();
  }

  private Match match(Action action, When when, Set<String> unseen) {
    List<String> values = when.values().values();
    List<String> notValues = when.values().notValues();
    Match.Builder match = Match.newBuilder();
    switch (when.key()) {
      case "source.namespace" ->
          match
              .addAllNamespaces(Matches.strings(values))
              .addAllNotNamespaces(Matches.strings(notValues));
      case "source.principal" ->
          match
              .addAllPrincipals(principals.matching(action, values))
              .addAllNotPrincipals(principals.excluded(action, notValues));
      case "source.ip" ->
          match
              .addAllSourceIps(Matches.addresses(values))
              .addAllNotSourceIps(Matches.addresses(notValues));
      case "destination.ip" ->
          match
              .addAllDestinationIps(Matches.addresses(values))
              .addAllNotDestinationIps(Matches.addresses(notValues));
      case "destination.port" ->
          match
              .addAllDestinationPorts(Matches.ports(values))
              .addAllNotDestinationPorts(Matches.ports(notValues));
      default -> unseen.add(when.key());
    }
    return match.build();
  }

  private static void note(Values values, String name, String notName, Set<String> unseen) {
    if (!values.values().isEmpty()) {
      unseen.add(name);
    }
    if (!values.notValues().isEmpty()) {
      unseen.add(notName);
    }
  }

  private static String reason(Set<String> unseen) {
    return unseen.isEmpty() ? "Accepted" : UNSUPPORTED;
  }

  private static String message(Authorization authorization, Set<String> unseen) {
    if (unseen.isEmpty()) {
      return "enforced at L4 by the node agents";
    }
    String found =
        "spec.rules: "
            + String.join(", ", unseen)
            + " (expected: attributes that an L4 proxy sees; a waypoint with targetRefs enforces these). ";
    if (authorization.getAction() == Action.ALLOW) {
      return found + "The rules that use them are left out, so that this allows less than it says.";
    }
    if (authorization.getGroupsList().stream().noneMatch(AuthorizationConversion::canMatch)) {
      return found + "Nothing is left of this DENY policy at L4: it has no effect.";
    }
    return found + "The rest is enforced without them, so that this denies more than it says.";
  }

  /** Whether a group can match at all: L4 proxies skip empty matches. */
  private static boolean canMatch(Group group) {
    return group.getRulesList().stream()
        .allMatch(
            rules ->
                rules.getMatchesList().isEmpty()
                    || rules.getMatchesList().stream()
                        .anyMatch(match -> !match.equals(Match.getDefaultInstance())));
  }
}
