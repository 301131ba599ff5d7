package dev.groundmesh.meshapi.wire;

import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Group;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Rule;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.ServiceAccountMatch;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.proto.security.Authorization;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads authorization policies.
 *
 * <p>A policy is only refused when it has no name to keep it by. Anything else that cannot be read
 * becomes a condition that fails where the policy allows and holds where it denies: a policy that
 * is left out would allow what it was written to prevent.
 */
final class PolicyReader {

  private static final String DENIES = "the policy denies what this could match";

  private final ResourceReader reader;

  PolicyReader(ResourceReader reader) {
    this.reader = reader;
  }

  AuthorizationPolicy policy(Authorization proto) throws InvalidResourceException {
    String namespace = reader.required("namespace", proto.getNamespace());
    String name = reader.required("name", proto.getName());
    boolean extended = proto.getExtensionsCount() > 0;
    if (extended) {
      reader.limit("extensions", proto.getExtensions(0).getName(), "none", DENIES);
    }
    Scope scope = scope(proto);
    Action action = action(proto);
    List<Group> groups = new ArrayList<>(proto.getGroupsCount());
    for (int i = 0; i < proto.getGroupsCount(); i++) {
      groups.add(group("groups[" + i + "]", proto.getGroups(i), extended));
    }
    return new AuthorizationPolicy(
        reader.shared(namespace),
        name,
        scope,
        action,
        groups,
        proto.getDryRun(),
        reader.limitations());
  }

  private Scope scope(Authorization proto) {
    return switch (proto.getScope()) {
      case GLOBAL -> Scope.GLOBAL;
      case NAMESPACE -> Scope.NAMESPACE;
      case WORKLOAD_SELECTOR -> Scope.WORKLOAD_SELECTOR;
      case UNRECOGNIZED -> {
        reader.limit(
            "scope",
            proto.getScopeValue(),
            "0 (global), 1 (namespace) or 2 (workload selector)",
            "the policy denies, never allows, in its namespace and where it is listed");
        yield Scope.UNSUPPORTED;
      }
    };
  }

  private Action action(Authorization proto) {
    return switch (proto.getAction()) {
      case ALLOW -> Action.ALLOW;
      case DENY -> Action.DENY;
      case UNRECOGNIZED -> {
        reader.limit(
            "action",
            proto.getActionValue(),
            "0 (allow) or 1 (deny)",
            "the policy denies what it matches");
        yield Action.UNSUPPORTED;
      }
    };
  }

  private Group group(
      String field, dev.groundmesh.meshapi.proto.security.Group proto, boolean extended) {
    List<Rule> rules = new ArrayList<>(proto.getRulesCount() + 1);
    for (int i = 0; i < proto.getRulesCount(); i++) {
      List<Match> matches = new ArrayList<>(proto.getRules(i).getMatchesCount());
      for (int j = 0; j < proto.getRules(i).getMatchesCount(); j++) {
        matches.add(
            match(field + ".rules[" + i + "].matches[" + j + "]", proto.getRules(i).getMatches(j)));
      }
      rules.add(new Rule(matches));
    }
    if (extended) {
      rules.add(new Rule(List.of(Match.builder().unsupported(true).build())));
    }
    return new Group(rules);
  }

  private Match match(String field, dev.groundmesh.meshapi.proto.security.Match proto) {
    MatchReader match = new MatchReader(field);
    Match.Builder conditions =
        Match.builder()
            .namespaces(match.strings("namespaces", proto.getNamespacesList(), true))
            .notNamespaces(match.strings("not_namespaces", proto.getNotNamespacesList(), false))
            .principals(match.strings("principals", proto.getPrincipalsList(), true))
            .notPrincipals(match.strings("not_principals", proto.getNotPrincipalsList(), false))
            .sourceIps(match.ranges("source_ips", proto.getSourceIpsList(), true))
            .notSourceIps(match.ranges("not_source_ips", proto.getNotSourceIpsList(), false))
            .destinationIps(match.ranges("destination_ips", proto.getDestinationIpsList(), true))
            .notDestinationIps(
                match.ranges("not_destination_ips", proto.getNotDestinationIpsList(), false))
            .destinationPorts(
                match.ports("destination_ports", proto.getDestinationPortsList(), true))
            .notDestinationPorts(
                match.ports("not_destination_ports", proto.getNotDestinationPortsList(), false))
            .serviceAccounts(
                match.accounts("service_accounts", proto.getServiceAccountsList(), true))
            .notServiceAccounts(
                match.accounts("not_service_accounts", proto.getNotServiceAccountsList(), false));
    if (proto.getExtensionsCount() > 0) {
      match.unsupported("extensions", proto.getExtensions(0).getName(), "none");
    }
    if (hasUnknownFields(proto)) {
      match.unsupported("(unknown field)", "(set)", "the conditions of this version");
    }
    return conditions.unsupported(match.unsupported).build();
  }

  /**
   * An unknown field of a match is a condition of a later version, so that it cannot be ignored.
   */
  private static boolean hasUnknownFields(dev.groundmesh.meshapi.proto.security.Match proto) {
    var known =
        dev.groundmesh.meshapi.proto.security.Match.newBuilder()
            .addAllNamespaces(proto.getNamespacesList())
            .addAllNotNamespaces(proto.getNotNamespacesList())
            .addAllPrincipals(proto.getPrincipalsList())
            .addAllNotPrincipals(proto.getNotPrincipalsList())
            .addAllSourceIps(proto.getSourceIpsList())
            .addAllNotSourceIps(proto.getNotSourceIpsList())
            .addAllDestinationIps(proto.getDestinationIpsList())
            .addAllNotDestinationIps(proto.getNotDestinationIpsList())
            .addAllDestinationPorts(proto.getDestinationPortsList())
            .addAllNotDestinationPorts(proto.getNotDestinationPortsList())
            .addAllServiceAccounts(proto.getServiceAccountsList())
            .addAllNotServiceAccounts(proto.getNotServiceAccountsList())
            .addAllExtensions(proto.getExtensionsList())
            .build();
    return known.getSerializedSize() != proto.getSerializedSize();
  }

  /**
   * Reads the lists of one match. A list with a value that cannot be read is left out if it is
   * positive, as its unreadable value might fit anything; of a negative one only that value is left
   * out.
   */
  private final class MatchReader {
    private final String field;
    private boolean unsupported;

    MatchReader(String field) {
      this.field = field;
    }

    void unsupported(String list, Object value, String expected) {
      reader.limit(field + "." + list, value, expected, DENIES);
      unsupported = true;
    }

    List<StringMatch> strings(
        String list,
        List<dev.groundmesh.meshapi.proto.security.StringMatch> protos,
        boolean positive) {
      Values<StringMatch> values = new Values<>(positive);
      for (var proto : protos) {
        switch (proto.getMatchTypeCase()) {
          case EXACT -> values.add(new StringMatch.Exact(reader.shared(proto.getExact())));
          case PREFIX -> values.add(new StringMatch.Prefix(proto.getPrefix()));
          case SUFFIX -> values.add(new StringMatch.Suffix(proto.getSuffix()));
          case PRESENCE -> values.add(new StringMatch.Presence());
          case MATCHTYPE_NOT_SET -> {
            unsupported(list, "(no known match type)", "exact, prefix, suffix or presence");
            values.addUnreadable();
          }
        }
      }
      return values.readable();
    }

    List<AddressRange> ranges(
        String list, List<dev.groundmesh.meshapi.proto.security.Address> protos, boolean positive) {
      Values<AddressRange> values = new Values<>(positive);
      for (var proto : protos) {
        int size = proto.getAddress().size();
        int length = proto.getLength();
        if ((size != 4 && size != 16) || length < 0 || length > size * 8) {
          unsupported(
              list,
              size + " bytes with length " + Integer.toUnsignedString(length),
              "4 or 16 bytes with a length up to their bits");
          values.addUnreadable();
          continue;
        }
        IpAddress base = IpAddress.of(proto.getAddress().toByteArray());
        // A range of mapped IPv4 addresses is one of IPv4; one that is wider covers all of IPv4.
        int mappedBits = size * 8 - base.bitLength();
        values.add(new AddressRange(base, Math.max(0, length - mappedBits)));
      }
      return values.readable();
    }

    List<Integer> ports(String list, List<Integer> protos, boolean positive) {
      Values<Integer> values = new Values<>(positive);
      for (int port : protos) {
        if (port < 0 || port > 65535) {
          unsupported(list, Integer.toUnsignedString(port), "0 to 65535");
          values.addUnreadable();
        } else {
          values.add(port);
        }
      }
      return values.readable();
    }

    List<ServiceAccountMatch> accounts(
        String list,
        List<dev.groundmesh.meshapi.proto.security.ServiceAccountMatch> protos,
        boolean positive) {
      Values<ServiceAccountMatch> values = new Values<>(positive);
      for (var proto : protos) {
        if (proto.getNamespace().isEmpty() || proto.getServiceAccount().isEmpty()) {
          unsupported(
              list,
              proto.getNamespace() + "/" + proto.getServiceAccount(),
              "<namespace>/<service account>");
          values.addUnreadable();
        } else {
          values.add(
              new ServiceAccountMatch(
                  reader.shared(proto.getNamespace()), reader.shared(proto.getServiceAccount())));
        }
      }
      return values.readable();
    }
  }

  /** The values of one list that could be read. */
  private static final class Values<T> {
    private final boolean positive;
    private final List<T> values = new ArrayList<>();
    private boolean unreadable;

    Values(boolean positive) {
      this.positive = positive;
    }

    void add(T value) {
      values.add(value);
    }

    void addUnreadable() {
      unreadable = true;
    }

    List<T> readable() {
      return positive && unreadable ? List.of() : values;
    }
  }
}
