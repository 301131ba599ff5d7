package dev.groundmesh.meshapi.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.proto.security.Address;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.StringMatch;
import dev.groundmesh.meshapi.proto.workload.Extension;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PolicyReaderTest {

  @Test
  void policyWithoutANameIsRejected() {
    assertThatThrownBy(() -> read(Authorization.newBuilder().setNamespace("shop")))
        .isInstanceOf(InvalidResourceException.class)
        .hasMessage("shop/p: name: (empty) (expected: a value)");
  }

  @Test
  void knownConditionsAreReadWithoutLimitation() throws Exception {
    Match match =
        readMatch(
            match()
                .addPrincipals(StringMatch.newBuilder().setExact("a"))
                .addSourceIps(range(8, 10, 0, 0, 0))
                .addDestinationPorts(80));
    assertThat(match.unsupported()).isFalse();
    assertThat(match.sourceIps()).containsExactly(AddressRange.parse("10.0.0.0/8"));
  }

  @Test
  void unknownKindOfStringMatchLeavesThePositiveListToAnything() throws Exception {
    Match match =
        readMatch(
            match()
                .addPrincipals(StringMatch.newBuilder().setExact("a"))
                .addPrincipals(StringMatch.getDefaultInstance()));
    assertThat(match.unsupported()).isTrue();
    assertThat(match.principals()).isEmpty();
  }

  @Test
  void unknownKindOfStringMatchLeavesTheNegativeListItsOtherValues() throws Exception {
    Match match =
        readMatch(
            match()
                .addNotPrincipals(StringMatch.newBuilder().setExact("a"))
                .addNotPrincipals(StringMatch.getDefaultInstance()));
    assertThat(match.unsupported()).isTrue();
    assertThat(match.notPrincipals()).hasSize(1);
  }

  @Test
  void impossibleRangePortOrAccountIsUnsupportedNotIgnored() throws Exception {
    assertThat(readMatch(match().addSourceIps(range(33, 10, 0, 0, 0))).unsupported()).isTrue();
    assertThat(readMatch(match().addSourceIps(range(8, 10, 0, 0))).unsupported()).isTrue();
    assertThat(readMatch(match().addDestinationPorts(70000)).unsupported()).isTrue();
    assertThat(
            readMatch(
                    match()
                        .addServiceAccounts(
                            dev.groundmesh.meshapi.proto.security.ServiceAccountMatch.newBuilder()
                                .setNamespace("shop")))
                .unsupported())
        .isTrue();
  }

  @Test
  void extensionOfAMatchIsUnsupported() throws Exception {
    assertThat(readMatch(match().addExtensions(Extension.newBuilder().setName("x"))).unsupported())
        .isTrue();
  }

  @Test
  void unknownFieldOfAMatchIsAConditionThatCannotBeEvaluated() throws Exception {
    byte[] known = match().addDestinationPorts(80).build().toByteArray();
    byte[] withUnknown = Arrays.copyOf(known, known.length + 3);
    withUnknown[known.length] = (byte) 0xf8;
    withUnknown[known.length + 1] = 0x7;
    withUnknown[known.length + 2] = 1;
    Match match =
        readMatch(dev.groundmesh.meshapi.proto.security.Match.parseFrom(withUnknown).toBuilder());
    assertThat(match.unsupported()).isTrue();
    assertThat(match.destinationPorts()).containsExactly(80);
  }

  @Test
  void unknownScopeAndActionAreKeptAsUnsupportedAndReported() throws Exception {
    AuthorizationPolicy policy = read(named().setScopeValue(9).setActionValue(8));
    assertThat(policy.scope()).isEqualTo(Scope.UNSUPPORTED);
    assertThat(policy.action()).isEqualTo(Action.UNSUPPORTED);
    assertThat(policy.limitations()).hasSize(2).allMatch(text -> text.contains("(expected:"));
  }

  @Test
  void extensionOfThePolicyBecomesAConditionOfEveryGroup() throws Exception {
    AuthorizationPolicy policy =
        read(
            named()
                .addExtensions(Extension.newBuilder().setName("x"))
                .addGroups(Group.getDefaultInstance()));
    assertThat(policy.groups().getFirst().rules().getFirst().matches().getFirst().unsupported())
        .isTrue();
    assertThat(policy.limitations()).hasSize(1);
  }

  private static Match readMatch(dev.groundmesh.meshapi.proto.security.Match.Builder match)
      throws InvalidResourceException {
    AuthorizationPolicy policy =
        read(named().addGroups(Group.newBuilder().addRules(Rules.newBuilder().addMatches(match))));
    Match read = policy.groups().getFirst().rules().getFirst().matches().getFirst();
    assertThat(policy.limitations().isEmpty()).isEqualTo(!read.unsupported());
    return read;
  }

  private static AuthorizationPolicy read(Authorization.Builder proto)
      throws InvalidResourceException {
    return new PolicyReader(new ResourceReader("shop/p", new Interner())).policy(proto.build());
  }

  private static Authorization.Builder named() {
    return Authorization.newBuilder().setNamespace("shop").setName("p");
  }

  private static dev.groundmesh.meshapi.proto.security.Match.Builder match() {
    return dev.groundmesh.meshapi.proto.security.Match.newBuilder();
  }

  private static Address range(int length, int... bytes) {
    byte[] address = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      address[i] = (byte) bytes[i];
    }
    return Address.newBuilder().setAddress(ByteString.copyFrom(address)).setLength(length).build();
  }
}
