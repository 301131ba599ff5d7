package dev.groundmesh.meshapi.authorization;

import static dev.groundmesh.meshapi.TestMesh.id;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.Allowed;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.Denied;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.DryRunMatch;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Group;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Rule;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.ServiceAccountMatch;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthorizerTest {

  private static final SpiffeId WEB = id("shop", "web");
  private static final Match FROM_WEB =
      Match.builder()
          .principals(List.of(new StringMatch.Exact("cluster.local/ns/shop/sa/web")))
          .build();
  private static final Match FROM_ANYONE_ELSE =
      Match.builder()
          .notPrincipals(List.of(new StringMatch.Exact("cluster.local/ns/shop/sa/web")))
          .build();

  private final Authorizer authorizer = new Authorizer(UnknownPolicyMode.DENY);

  @Test
  void withoutPolicyEverythingIsAllowed() {
    assertThat(decide(WEB)).isEqualTo(new Allowed(null, -1, List.of()));
  }

  @Test
  void denyThatMatchesDenies() {
    assertThat(decide(WEB, deny("d", FROM_WEB)))
        .isEqualTo(new Denied(ReasonCode.POLICY_DENIED, "shop/d", 0, List.of()));
  }

  @Test
  void denyThatDoesNotMatchAllows() {
    assertThat(decide(WEB, deny("d", FROM_ANYONE_ELSE))).isInstanceOf(Allowed.class);
  }

  @Test
  void allowThatMatchesAllowsAndIsNamed() {
    assertThat(decide(WEB, allow("a", FROM_WEB))).isEqualTo(new Allowed("shop/a", 0, List.of()));
  }

  @Test
  void allowThatDoesNotMatchDenies() {
    assertThat(decide(WEB, allow("a", FROM_ANYONE_ELSE)))
        .isEqualTo(new Denied(ReasonCode.POLICY_NOT_ALLOWED, null, -1, List.of()));
  }

  @Test
  void anyAllowOfSeveralIsEnough() {
    assertThat(decide(WEB, allow("a", FROM_ANYONE_ELSE), allow("b", FROM_WEB)))
        .isEqualTo(new Allowed("shop/b", 0, List.of()));
  }

  @Test
  void denyBeatsAllow() {
    assertThat(decide(WEB, allow("a", FROM_WEB), deny("d", FROM_WEB))).isInstanceOf(Denied.class);
  }

  @Test
  void allowWithoutGroupsDeniesAll() {
    assertThat(decide(WEB, policy("a", Scope.NAMESPACE, Action.ALLOW, List.of())))
        .isInstanceOf(Denied.class);
  }

  @Test
  void denyWithoutGroupsDeniesNothing() {
    assertThat(decide(WEB, policy("d", Scope.NAMESPACE, Action.DENY, List.of())))
        .isInstanceOf(Allowed.class);
  }

  @Test
  void ruleWithoutMatchesMatches() {
    assertThat(
            decide(
                WEB,
                policy(
                    "d",
                    Scope.NAMESPACE,
                    Action.DENY,
                    List.of(new Group(List.of(new Rule(List.of())))))))
        .isInstanceOf(Denied.class);
  }

  @Test
  void emptyMatchMatchesNothing() {
    assertThat(decide(WEB, deny("d", Match.builder().build()))).isInstanceOf(Allowed.class);
  }

  @Test
  void groupsAreOredAndRulesAnded() {
    Group both = new Group(List.of(rule(FROM_WEB), rule(FROM_ANYONE_ELSE)));
    Group web = new Group(List.of(rule(FROM_WEB)));
    assertThat(decide(WEB, policy("d", Scope.NAMESPACE, Action.DENY, List.of(both))))
        .isInstanceOf(Allowed.class);
    assertThat(decide(WEB, policy("d", Scope.NAMESPACE, Action.DENY, List.of(both, web))))
        .isEqualTo(new Denied(ReasonCode.POLICY_DENIED, "shop/d", 1, List.of()));
  }

  @Test
  void matchesOfARuleAreOred() {
    assertThat(decide(WEB, deny("d", FROM_ANYONE_ELSE, FROM_WEB))).isInstanceOf(Denied.class);
  }

  @Test
  void fieldsOfAMatchAreAnded() {
    assertThat(
            denies(
                Match.builder()
                    .principals(exact("cluster.local/ns/shop/sa/web"))
                    .destinationPorts(List.of(8080)),
                WEB))
        .isTrue();
    assertThat(
            denies(
                Match.builder()
                    .principals(exact("cluster.local/ns/shop/sa/web"))
                    .destinationPorts(List.of(9)),
                WEB))
        .isFalse();
  }

  @Test
  void principalsMatchByEachKindOfString() {
    assertThat(denies(principals(new StringMatch.Prefix("cluster.local/ns/shop/")), WEB)).isTrue();
    assertThat(denies(principals(new StringMatch.Suffix("/sa/web")), WEB)).isTrue();
    assertThat(denies(principals(new StringMatch.Presence()), WEB)).isTrue();
    assertThat(
            denies(principals(new StringMatch.Exact("spiffe://cluster.local/ns/shop/sa/web")), WEB))
        .isFalse();
    assertThat(denies(principals(new StringMatch.Suffix("/sa/we")), WEB)).isFalse();
  }

  @Test
  void principalsNeverMatchWithoutIdentity() {
    assertThat(denies(principals(new StringMatch.Presence()), null)).isFalse();
    assertThat(denies(principals(new StringMatch.Prefix("")), null)).isFalse();
    assertThat(denies(Match.builder().notPrincipals(List.of(new StringMatch.Presence())), null))
        .isTrue();
    assertThat(denies(Match.builder().notPrincipals(List.of(new StringMatch.Presence())), WEB))
        .isFalse();
  }

  @Test
  void namespaceAndServiceAccountComeFromTheIdentity() {
    assertThat(denies(Match.builder().namespaces(exact("shop")), WEB)).isTrue();
    assertThat(denies(Match.builder().namespaces(exact("shop")), null)).isFalse();
    assertThat(denies(Match.builder().notNamespaces(exact("shop")), WEB)).isFalse();
    assertThat(denies(Match.builder().notNamespaces(exact("shop")), null)).isTrue();
    assertThat(
            denies(
                Match.builder().serviceAccounts(List.of(new ServiceAccountMatch("shop", "web"))),
                WEB))
        .isTrue();
    assertThat(
            denies(
                Match.builder().serviceAccounts(List.of(new ServiceAccountMatch("shop", "api"))),
                WEB))
        .isFalse();
    assertThat(
            denies(
                Match.builder().notServiceAccounts(List.of(new ServiceAccountMatch("shop", "web"))),
                null))
        .isTrue();
  }

  @Test
  void addressesAndPortsComeFromTheConnection() {
    assertThat(denies(Match.builder().sourceIps(List.of(AddressRange.parse("10.0.0.0/24"))), WEB))
        .isTrue();
    assertThat(denies(Match.builder().sourceIps(List.of(AddressRange.parse("10.0.1.0/24"))), WEB))
        .isFalse();
    assertThat(
            denies(Match.builder().notSourceIps(List.of(AddressRange.parse("10.0.0.0/24"))), WEB))
        .isFalse();
    assertThat(denies(Match.builder().destinationIps(List.of(AddressRange.parse("10.0.0.2"))), WEB))
        .isTrue();
    assertThat(
            denies(Match.builder().notDestinationIps(List.of(AddressRange.parse("10.0.0.2"))), WEB))
        .isFalse();
    assertThat(denies(Match.builder().notDestinationPorts(List.of(8080)), WEB)).isFalse();
    assertThat(denies(Match.builder().notDestinationPorts(List.of(9)), WEB)).isTrue();
  }

  @Test
  void policiesOfTheMeshTheNamespaceAndTheWorkloadApply() {
    Group all = new Group(List.of(rule(FROM_WEB)));
    for (Scope scope : List.of(Scope.GLOBAL, Scope.NAMESPACE)) {
      assertThat(decide(WEB, policy("d", scope, Action.DENY, List.of(all))))
          .isInstanceOf(Denied.class);
    }
    AuthorizationPolicy listed = policy("d", Scope.WORKLOAD_SELECTOR, Action.DENY, List.of(all));
    assertThat(decide(WEB, listed)).isInstanceOf(Allowed.class);
    Workload listing = destination().authorizationPolicies(List.of("shop/d")).build();
    assertThat(decide(authorizer, listing, WEB, listed)).isInstanceOf(Denied.class);
  }

  @Test
  void listedPolicyThatIsNotKnownDeniesUnlessSetOtherwise() {
    Workload listing = destination().authorizationPolicies(List.of("shop/none")).build();
    assertThat(decide(authorizer, listing, WEB))
        .isEqualTo(new Denied(ReasonCode.POLICY_UNKNOWN, "shop/none", -1, List.of()));
    assertThat(decide(new Authorizer(UnknownPolicyMode.SKIP), listing, WEB))
        .isInstanceOf(Allowed.class);
  }

  @Test
  void listedPolicyThatWasTakenBackDeniesNothing() {
    AuthorizationPolicy deny =
        policy(
            "d", Scope.WORKLOAD_SELECTOR, Action.DENY, List.of(new Group(List.of(rule(FROM_WEB)))));
    Workload.Builder listing = destination().authorizationPolicies(List.of("shop/d"));
    MeshStore store = new MeshStore(MeshSnapshot.EMPTY);
    store.apply(new TestMesh().with(listing).with(deny).delta());
    store.apply(TestMesh.removal(ResourceType.AUTHORIZATION, "shop/d"));
    assertThat(
            authorizer.authorize(
                store.current(),
                new ConnectionFacts(listing.build(), WEB, ip("10.0.0.1"), ip("10.0.0.2"), 8080)))
        .isInstanceOf(Allowed.class);
  }

  @Test
  void dryRunIsNotedAndNotEnforced() {
    AuthorizationPolicy deny = dryRun(deny("d", FROM_WEB));
    assertThat(decide(WEB, deny))
        .isEqualTo(new Allowed(null, -1, List.of(new DryRunMatch("shop/d", true))));
    assertThat(decide(WEB, deny, allow("a", FROM_WEB)))
        .isEqualTo(new Allowed("shop/a", 0, List.of(new DryRunMatch("shop/d", true))));
    assertThat(decide(WEB, dryRun(allow("a", FROM_WEB))))
        .isEqualTo(new Allowed(null, -1, List.of(new DryRunMatch("shop/a", false))));
  }

  @Test
  void dryRunAllowThatWouldDenyIsNoted() {
    assertThat(decide(WEB, dryRun(allow("a", FROM_ANYONE_ELSE))))
        .isEqualTo(new Allowed(null, -1, List.of(new DryRunMatch(null, true))));
  }

  @Test
  void conditionThatCannotBeEvaluatedHoldsWhereItDenies() {
    Match guess = Match.builder().unsupported(true).build();
    assertThat(decide(WEB, limited(deny("d", guess))))
        .isEqualTo(new Denied(ReasonCode.POLICY_UNSUPPORTED, "shop/d", 0, List.of()));
    Match guessForOthers = Match.builder().namespaces(exact("other")).unsupported(true).build();
    assertThat(decide(WEB, limited(deny("d", guessForOthers)))).isInstanceOf(Allowed.class);
  }

  @Test
  void conditionThatCannotBeEvaluatedFailsWhereItAllows() {
    Match guess = Match.builder().namespaces(exact("shop")).unsupported(true).build();
    assertThat(decide(WEB, limited(allow("a", guess))))
        .isEqualTo(new Denied(ReasonCode.POLICY_UNSUPPORTED, "shop/a", -1, List.of()));
  }

  @Test
  void unknownActionDeniesWhatItMatches() {
    Group web = new Group(List.of(rule(FROM_WEB)));
    AuthorizationPolicy audit = policy("x", Scope.NAMESPACE, Action.UNSUPPORTED, List.of(web));
    assertThat(decide(WEB, limited(audit)))
        .isEqualTo(new Denied(ReasonCode.POLICY_UNSUPPORTED, "shop/x", 0, List.of()));
    assertThat(decide(id("shop", "api"), limited(audit))).isInstanceOf(Allowed.class);
  }

  @Test
  void allowOfUnknownScopeDeniesTheOthersAndAllowsNothing() {
    Group web = new Group(List.of(rule(FROM_WEB)));
    AuthorizationPolicy restrict =
        limited(policy("x", Scope.UNSUPPORTED, Action.ALLOW, List.of(web)));
    assertThat(decide(WEB, restrict)).isInstanceOf(Allowed.class);
    assertThat(decide(WEB, restrict, allow("a", FROM_ANYONE_ELSE))).isInstanceOf(Denied.class);
    assertThat(decide(id("shop", "api"), restrict))
        .isEqualTo(new Denied(ReasonCode.POLICY_UNSUPPORTED, "shop/x", -1, List.of()));
  }

  private boolean denies(Match.Builder match, @Nullable SpiffeId peer) {
    return decide(peer, deny("d", match.build())) instanceof Denied;
  }

  private AuthorizationDecision decide(@Nullable SpiffeId peer, AuthorizationPolicy... policies) {
    return decide(authorizer, destination().build(), peer, policies);
  }

  private static AuthorizationDecision decide(
      Authorizer authorizer,
      Workload destination,
      @Nullable SpiffeId peer,
      AuthorizationPolicy... policies) {
    TestMesh mesh = new TestMesh();
    Arrays.stream(policies).forEach(mesh::with);
    return authorizer.authorize(
        mesh.snapshot(),
        new ConnectionFacts(destination, peer, ip("10.0.0.1"), ip("10.0.0.2"), 8080));
  }

  private static Workload.Builder destination() {
    return pod("api", "10.0.0.2");
  }

  private static Match.Builder principals(StringMatch match) {
    return Match.builder().principals(List.of(match));
  }

  private static List<StringMatch> exact(String value) {
    return List.of(new StringMatch.Exact(value));
  }

  private static Rule rule(Match... matches) {
    return new Rule(List.of(matches));
  }

  private static AuthorizationPolicy deny(String name, Match... matches) {
    return policy(name, Scope.NAMESPACE, Action.DENY, List.of(new Group(List.of(rule(matches)))));
  }

  private static AuthorizationPolicy allow(String name, Match... matches) {
    return policy(name, Scope.NAMESPACE, Action.ALLOW, List.of(new Group(List.of(rule(matches)))));
  }

  private static AuthorizationPolicy policy(
      String name, Scope scope, Action action, List<Group> groups) {
    return new AuthorizationPolicy("shop", name, scope, action, groups, false, List.of());
  }

  private static AuthorizationPolicy dryRun(AuthorizationPolicy policy) {
    return new AuthorizationPolicy(
        policy.namespace(),
        policy.name(),
        policy.scope(),
        policy.action(),
        policy.groups(),
        true,
        List.of());
  }

  private static AuthorizationPolicy limited(AuthorizationPolicy policy) {
    return new AuthorizationPolicy(
        policy.namespace(),
        policy.name(),
        policy.scope(),
        policy.action(),
        policy.groups(),
        policy.dryRun(),
        List.of("something: new (expected: something old)"));
  }
}
