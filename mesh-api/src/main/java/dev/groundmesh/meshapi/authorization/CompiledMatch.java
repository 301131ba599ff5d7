package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.ServiceAccountMatch;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.StringMatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The conditions of one match in arrays, so that a test allocates nothing. */
final class CompiledMatch {

  private final StringMatch[] namespaces;
  private final StringMatch[] notNamespaces;
  private final StringMatch[] principals;
  private final StringMatch[] notPrincipals;
  private final AddressRange[] sourceIps;
  private final AddressRange[] notSourceIps;
  private final AddressRange[] destinationIps;
  private final AddressRange[] notDestinationIps;
  private final int[] destinationPorts;
  private final int[] notDestinationPorts;
  private final ServiceAccountMatch[] serviceAccounts;
  private final ServiceAccountMatch[] notServiceAccounts;
  private final boolean hasConditions;
  private final boolean unsupported;

  CompiledMatch(Match match) {
    namespaces = strings(match.namespaces());
    notNamespaces = strings(match.notNamespaces());
    principals = strings(match.principals());
    notPrincipals = strings(match.notPrincipals());
    sourceIps = ranges(match.sourceIps());
    notSourceIps = ranges(match.notSourceIps());
    destinationIps = ranges(match.destinationIps());
    notDestinationIps = ranges(match.notDestinationIps());
    destinationPorts = ports(match.destinationPorts());
    notDestinationPorts = ports(match.notDestinationPorts());
    serviceAccounts = match.serviceAccounts().toArray(ServiceAccountMatch[]::new);
    notServiceAccounts = match.notServiceAccounts().toArray(ServiceAccountMatch[]::new);
    unsupported = match.unsupported();
    hasConditions =
        namespaces.length
                + notNamespaces.length
                + principals.length
                + notPrincipals.length
                + sourceIps.length
                + notSourceIps.length
                + destinationIps.length
                + notDestinationIps.length
                + destinationPorts.length
                + notDestinationPorts.length
                + serviceAccounts.length
                + notServiceAccounts.length
            > 0;
  }

  boolean isUnsupported() {
    return unsupported;
  }

  /**
   * Whether the connection fits.
   *
   * @param unsupportedHolds what a condition that cannot be evaluated is taken for
   */
  boolean matches(MatchSubject subject, boolean unsupportedHolds) {
    if (unsupported) {
      return unsupportedHolds && (!hasConditions || conditionsHold(subject));
    }
    return hasConditions && conditionsHold(subject);
  }

  private boolean conditionsHold(MatchSubject subject) {
    ConnectionFacts facts = subject.facts();
    return portsHold(facts.destinationPort())
        && identityHolds(subject)
        && rangesHold(sourceIps, notSourceIps, facts.sourceAddress())
        && rangesHold(destinationIps, notDestinationIps, facts.destinationAddress());
  }

  private boolean portsHold(int port) {
    return (destinationPorts.length == 0 || contains(destinationPorts, port))
        && !contains(notDestinationPorts, port);
  }

  private boolean identityHolds(MatchSubject subject) {
    SpiffeId peer = subject.facts().peer();
    return accountsHold(peer)
        && namespacesHold(peer == null ? "" : peer.namespace())
        && principalsHold(subject);
  }

  private boolean accountsHold(@Nullable SpiffeId peer) {
    return (serviceAccounts.length == 0 || contains(serviceAccounts, peer))
        && !contains(notServiceAccounts, peer);
  }

  private boolean namespacesHold(String namespace) {
    return (namespaces.length == 0 || anyMatches(namespaces, namespace))
        && !anyMatches(notNamespaces, namespace);
  }

  private boolean principalsHold(MatchSubject subject) {
    if (principals.length == 0 && notPrincipals.length == 0) {
      return true;
    }
    String principal = subject.principal();
    if (principal == null) {
      return principals.length == 0;
    }
    return (principals.length == 0 || anyMatches(principals, principal))
        && !anyMatches(notPrincipals, principal);
  }

  private static boolean rangesHold(
      AddressRange[] ranges, AddressRange[] notRanges, IpAddress address) {
    return (ranges.length == 0 || contains(ranges, address)) && !contains(notRanges, address);
  }

  private static boolean anyMatches(StringMatch[] matches, String candidate) {
    for (StringMatch match : matches) {
      if (match.matches(candidate)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(AddressRange[] ranges, IpAddress address) {
    for (AddressRange range : ranges) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(int[] ports, int port) {
    for (int candidate : ports) {
      if (candidate == port) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(ServiceAccountMatch[] accounts, @Nullable SpiffeId peer) {
    if (peer == null) {
      return false;
    }
    for (ServiceAccountMatch account : accounts) {
      if (account.serviceAccount().equals(peer.serviceAccount())
          && account.namespace().equals(peer.namespace())) {
        return true;
      }
    }
    return false;
  }

  private static StringMatch[] strings(List<StringMatch> matches) {
    return matches.toArray(StringMatch[]::new);
  }

  private static AddressRange[] ranges(List<AddressRange> ranges) {
    return ranges.toArray(AddressRange[]::new);
  }

  private static int[] ports(List<Integer> ports) {
    return ports.stream().mapToInt(Integer::intValue).toArray();
  }
}
