package dev.groundmesh.meshapi.model;

import java.util.List;

/**
 * A policy on who may connect, as a node agent enforces it for the workloads of its node.
 *
 * <p>How policies combine is the business of {@code authorization}.
 *
 * @param namespace its namespace, not empty
 * @param name its name, not empty
 * @param groups it matches if any group does; without a group it matches nothing
 * @param dryRun whether a match is only reported
 * @param limitations what of it this version cannot evaluate, one sentence each; where there are
 *     any, the policy denies what it could deny and allows nothing by them
 */
public record AuthorizationPolicy(
    String namespace,
    String name,
    Scope scope,
    Action action,
    List<Group> groups,
    boolean dryRun,
    List<String> limitations) {

  /** The workloads that a policy applies to. */
  public enum Scope {
    /** All. */
    GLOBAL,
    /** Those of its namespace. */
    NAMESPACE,
    /** Those that list it. */
    WORKLOAD_SELECTOR,
    /**
     * Not known to this version: those of its namespace and those that list it, and it only ever
     * denies.
     */
    UNSUPPORTED
  }

  /** What a match means. */
  public enum Action {
    ALLOW,
    DENY,
    /** Not known to this version: it denies what it matches. */
    UNSUPPORTED
  }

  /** Matches if all of its rules do. */
  public record Group(List<Rule> rules) {
    public Group {
      rules = List.copyOf(rules);
    }
  }

  /** Matches if any of its matches does, or if it has none. */
  public record Rule(List<Match> matches) {
    public Rule {
      matches = List.copyOf(matches);
    }
  }

  /** A service account, by its namespace and name. */
  public record ServiceAccountMatch(String namespace, String serviceAccount) {}

  /**
   * Conditions on one connection: every list that is not empty must hold one value that fits, and
   * no {@code not} list may hold one. Without any condition it matches nothing.
   *
   * @param principals tested against the peer's {@code SpiffeId.principal()}
   * @param destinationPorts the port of the application, never that of the tunnel
   * @param unsupported whether there is a further condition that this version cannot evaluate: it
   *     is taken to hold where a match denies, and to fail where a match allows
   */
  public record Match(
      List<StringMatch> namespaces,
      List<StringMatch> notNamespaces,
      List<StringMatch> principals,
      List<StringMatch> notPrincipals,
      List<AddressRange> sourceIps,
      List<AddressRange> notSourceIps,
      List<AddressRange> destinationIps,
      List<AddressRange> notDestinationIps,
      List<Integer> destinationPorts,
      List<Integer> notDestinationPorts,
      List<ServiceAccountMatch> serviceAccounts,
      List<ServiceAccountMatch> notServiceAccounts,
      boolean unsupported) {

    /** No condition at all. */
    public static final Match EMPTY =
        new Match(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
            List.of(), List.of(), List.of(), List.of(), false);

    public Match {
      namespaces = List.copyOf(namespaces);
      notNamespaces = List.copyOf(notNamespaces);
      principals = List.copyOf(principals);
      notPrincipals = List.copyOf(notPrincipals);
      sourceIps = List.copyOf(sourceIps);
      notSourceIps = List.copyOf(notSourceIps);
      destinationIps = List.copyOf(destinationIps);
      notDestinationIps = List.copyOf(notDestinationIps);
      destinationPorts = List.copyOf(destinationPorts);
      notDestinationPorts = List.copyOf(notDestinationPorts);
      serviceAccounts = List.copyOf(serviceAccounts);
      notServiceAccounts = List.copyOf(notServiceAccounts);
    }
  }

  public AuthorizationPolicy {
    if (namespace.isEmpty()) {
      throw new IllegalArgumentException("namespace: (empty) (expected: the policy's namespace)");
    }
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: (empty) (expected: the policy's name)");
    }
    groups = List.copyOf(groups);
    limitations = List.copyOf(limitations);
  }

  /** The key under which workloads list it: {@code <namespace>/<name>}. */
  public String key() {
    return namespace + "/" + name;
  }
}
