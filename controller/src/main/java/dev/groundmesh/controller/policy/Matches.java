package dev.groundmesh.controller.policy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.meshapi.proto.security.Address;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.ServiceAccountMatch;
import dev.groundmesh.meshapi.proto.security.StringMatch;
import java.util.List;
import java.util.Locale;

/** The pieces that L4 policies are made of. */
final class Matches {

  private static final StringMatch PRESENCE =
      StringMatch.newBuilder().setPresence(Empty.getDefaultInstance()).build();

  /** Matches callers without an mTLS identity. */
  static final Match NO_IDENTITY = Match.newBuilder().addNotPrincipals(PRESENCE).build();

  private Matches() {}

  static Rules rules(Match match) {
    return Rules.newBuilder().addMatches(match).build();
  }

  static List<StringMatch> strings(List<String> values) {
    return values.stream().map(Matches::string).toList();
  }

  /**
   * {@code *} is any value, a star in front a suffix, a star at the end a prefix; everything else
   * is itself.
   */
  private static StringMatch string(String value) {
    if (value.equals("*")) {
      return PRESENCE;
    }
    StringMatch.Builder match = StringMatch.newBuilder();
    if (value.startsWith("*")) {
      return match.setSuffix(value.substring(1)).build();
    }
    return value.endsWith("*")
        ? match.setPrefix(value.substring(0, value.length() - 1)).build()
        : match.setExact(value).build();
  }

  static List<ServiceAccountMatch> serviceAccounts(List<String> values, String namespace) {
    return values.stream()
        .map(
            value -> {
              int slash = value.indexOf('/');
              return ServiceAccountMatch.newBuilder()
                  .setNamespace(slash < 0 ? namespace : value.substring(0, slash))
                  .setServiceAccount(value.substring(slash + 1))
                  .build();
            })
        .toList();
  }

  static List<Integer> ports(List<String> values) {
    return values.stream().map(Integer::valueOf).toList();
  }

  static List<Address> addresses(List<String> values) {
    return values.stream()
        .map(
            value -> {
              IpAddresses.Prefix prefix =
                  IpAddresses.parsePrefix(value)
                      .orElseThrow(
                          () ->
                              new IllegalArgumentException(
                                  String.format(
                                      Locale.ROOT,
                                      "%s (expected: an IP address or range)",
                                      value)));
              return Address.newBuilder()
                  .setAddress(ByteString.copyFrom(prefix.address()))
                  .setLength(prefix.length())
                  .build();
            })
        .toList();
  }
}
