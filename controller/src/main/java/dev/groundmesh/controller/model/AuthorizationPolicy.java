package dev.groundmesh.controller.model;

import java.util.List;
import java.util.Map;

/**
 * Who may talk to whom.
 *
 * @param selector empty: the whole namespace, or the whole mesh in the root namespace
 * @param targets what a waypoint is to enforce it for; not empty: not for L4
 * @param rules ORed; empty: matches nothing
 */
public record AuthorizationPolicy(
    Metadata metadata,
    Map<String, String> selector,
    List<Target> targets,
    Action action,
    List<Rule> rules)
    implements MeshObject {

  public AuthorizationPolicy {
    selector = Map.copyOf(selector);
    targets = List.copyOf(targets);
    rules = List.copyOf(rules);
  }

  @Override
  public Kind kind() {
    return Kind.AUTHORIZATION_POLICY;
  }

  /** What becomes of what matches. */
  public enum Action {
    ALLOW,
    DENY,
    AUDIT,
    CUSTOM
  }

  /** An object that a waypoint serves; in the policy's namespace. */
  public record Target(String group, String kind, String name) {}

  /**
   * All of its parts must match; an empty part matches everything; within a part the entries are
   * ORed.
   */
  public record Rule(List<Source> from, List<Operation> to, List<When> when) {

    public Rule {
      from = List.copyOf(from);
      to = List.copyOf(to);
      when = List.copyOf(when);
    }
  }

  /** Values of one attribute and of its negation ({@code paths} and {@code notPaths}). */
  public record Values(List<String> values, List<String> notValues) {

    public static final Values NONE = new Values(List.of(), List.of());

    public Values {
      values = List.copyOf(values);
      notValues = List.copyOf(notValues);
    }

    public boolean isEmpty() {
      return values.isEmpty() && notValues.isEmpty();
    }
  }

  /** Attributes of who calls; all that are given must match. */
  public record Source(
      Values principals,
      Values namespaces,
      Values serviceAccounts,
      Values ipBlocks,
      Values remoteIpBlocks,
      Values requestPrincipals,
      Values trustDomains) {}

  /** Attributes of what is called; all that are given must match. */
  public record Operation(Values ports, Values hosts, Values methods, Values paths) {}

  /** A further condition on one attribute, such as {@code source.ip}. */
  public record When(String key, Values values) {}
}
