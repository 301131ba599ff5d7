package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.AuthorizationPolicy.Rule;
import dev.groundmesh.controller.model.AuthorizationPolicy.Source;
import dev.groundmesh.controller.model.AuthorizationPolicy.Values;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clients that a policy names and that can never be recognised. */
final class PolicyClientCheck implements Check {
  /** What stands for the mesh's trust domain in policies, whatever that is called. */
  private static final String OWN_TRUST_DOMAIN = "cluster.local";

  private static final Pattern PRINCIPAL =
      Pattern.compile("(?<domain>[^/]+)/ns/(?<namespace>[^/]+)/sa/(?<account>[^/]+)");

  @Override
  public void run(World world, Findings findings) {
    world
        .all(AuthorizationPolicy.class)
        .forEach(
            (source, policy) -> {
              for (int r = 0; r < policy.rules().size(); r++) {
                rule(world, source, policy.rules().get(r), "spec.rules[" + r + ']', findings);
              }
            });
  }

  private static void rule(
      World world, SourceObject policy, Rule rule, String at, Findings findings) {
    for (int f = 0; f < rule.from().size(); f++) {
      Source from = rule.from().get(f);
      String field = at + ".from[" + f + "].source.";
      principals(world, policy, from.principals(), field + "principals", findings);
      principals(
          world,
          policy,
          new Values(from.principals().notValues(), List.of()),
          field + "notPrincipals",
          findings);
      namespaces(world, policy, from.namespaces().values(), field + "namespaces", findings);
      accounts(world, policy, from.serviceAccounts().values(), field + "serviceAccounts", findings);
    }
  }

  private static void principals(
      World world, SourceObject policy, Values values, String field, Findings findings) {
    for (int i = 0; i < values.values().size(); i++) {
      String value = values.values().get(i);
      // A pattern may be meant for those to come.
      if (value.startsWith("spiffe://") || !value.contains("*")) {
        principal(world, policy, value, field + '[' + i + ']', findings);
      }
    }
  }

  private static void principal(
      World world, SourceObject policy, String value, String field, Findings findings) {
    Matcher parts = PRINCIPAL.matcher(value);
    if (value.startsWith("spiffe://")) {
      findings.add(
          FindingCode.PRINCIPAL_MALFORMED,
          policy,
          field,
          value,
          value.substring("spiffe://".length()) + ", without spiffe://");
    } else if (!parts.matches()) {
      findings.add(
          FindingCode.PRINCIPAL_MALFORMED,
          policy,
          field,
          value,
          world.settings().trustDomain() + "/ns/<namespace>/sa/<service account>");
    } else if (!parts.group("domain").equals(world.settings().trustDomain())
        && !parts.group("domain").equals(OWN_TRUST_DOMAIN)) {
      findings.add(
          FindingCode.PRINCIPAL_OF_OTHER_TRUST_DOMAIN,
          policy,
          field,
          value,
          "trust domain " + world.settings().trustDomain());
    } else {
      client(
          world, policy, field, value, parts.group("namespace"), parts.group("account"), findings);
    }
  }

  private static void namespaces(
      World world, SourceObject policy, List<String> values, String field, Findings findings) {
    for (int i = 0; i < values.size(); i++) {
      if (!values.get(i).contains("*")) {
        client(world, policy, field + '[' + i + ']', values.get(i), values.get(i), "", findings);
      }
    }
  }

  private static void accounts(
      World world, SourceObject policy, List<String> values, String field, Findings findings) {
    for (int i = 0; i < values.size(); i++) {
      String value = values.get(i);
      int slash = value.indexOf('/');
      client(
          world,
          policy,
          field + '[' + i + ']',
          value,
          slash < 0 ? policy.ref().namespace() : value.substring(0, slash),
          value.substring(slash + 1),
          findings);
    }
  }

  private static void client(
      World world,
      SourceObject policy,
      String field,
      String value,
      String namespace,
      String account,
      Findings findings) {
    List<Workload> neighbours = world.workloadsOf(namespace);
    List<Workload> named =
        neighbours.stream()
            .filter(each -> account.isEmpty() || each.pod().serviceAccount().equals(account))
            .toList();
    if (named.isEmpty() && (world.settings().complete() || !neighbours.isEmpty())) {
      findings.add(
          FindingCode.CLIENT_UNKNOWN,
          policy,
          field,
          value,
          account.isEmpty()
              ? "a namespace with workloads"
              : "a service account that a workload of namespace " + namespace + " runs as");
    } else if (!named.isEmpty() && named.stream().noneMatch(Workload::meshed)) {
      findings.add(
          FindingCode.CLIENT_OUTSIDE_MESH,
          policy,
          field,
          value,
          "workloads in the mesh; " + Names.of(named) + " cannot prove who they are");
    }
  }
}
