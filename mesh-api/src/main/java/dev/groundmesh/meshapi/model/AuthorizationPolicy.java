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

    /** A match without a condition, to be filled in. */
    public static Builder builder() {
      return new Builder();
    }

    /** Collects the conditions of a {@link Match}; not thread-safe. */
    public static final class Builder {
      private List<StringMatch> namespaces = List.of();
      private List<StringMatch> notNamespaces = List.of();
      private List<StringMatch> principals = List.of();
      private List<StringMatch> notPrincipals = List.of();
      private List<AddressRange> sourceIps = List.of();
      private List<AddressRange> notSourceIps = List.of();
      private List<AddressRange> destinationIps = List.of();
      private List<AddressRange> notDestinationIps = List.of();
      private List<Integer> destinationPorts = List.of();
      private List<Integer> notDestinationPorts = List.of();
      private List<ServiceAccountMatch> serviceAccounts = List.of();
      private List<ServiceAccountMatch> notServiceAccounts = List.of();
      private boolean unsupported;

      private Builder() {}

      public Builder namespaces(List<StringMatch> value) {
        namespaces = value;
        return this;
      }

      public Builder notNamespaces(List<StringMatch> value) {
        notNamespaces = value;
        return this;
      }

      public Builder principals(List<StringMatch> value) {
        principals = value;
        return this;
      }

      public Builder notPrincipals(List<StringMatch> value) {
        notPrincipals = value;
        return this;
      }

      public Builder sourceIps(List<AddressRange> value) {
        sourceIps = value;
        return this;
      }

      public Builder notSourceIps(List<AddressRange> value) {
        notSourceIps = value;
        return this;
      }

      public Builder destinationIps(List<AddressRange> value) {
        destinationIps = value;
        return this;
      }

      public Builder notDestinationIps(List<AddressRange> value) {
        notDestinationIps = value;
        return this;
      }

      public Builder destinationPorts(List<Integer> value) {
        destinationPorts = value;
        return this;
      }

      public Builder notDestinationPorts(List<Integer> value) {
        notDestinationPorts = value;
        return this;
      }

      public Builder serviceAccounts(List<ServiceAccountMatch> value) {
        serviceAccounts = value;
        return this;
      }

      public Builder notServiceAccounts(List<ServiceAccountMatch> value) {
        notServiceAccounts = value;
        return this;
      }

      public Builder unsupported(boolean value) {
        unsupported = value;
        return this;
      }

      public Match build() {
        return new Match(
            namespaces,
            notNamespaces,
            principals,
            notPrincipals,
            sourceIps,
            notSourceIps,
            destinationIps,
            notDestinationIps,
            destinationPorts,
            notDestinationPorts,
            serviceAccounts,
            notServiceAccounts,
            unsupported);
      }
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
