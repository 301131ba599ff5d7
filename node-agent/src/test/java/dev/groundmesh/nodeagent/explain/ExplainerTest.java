package dev.groundmesh.nodeagent.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.UnknownPolicyMode;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.SmallMesh;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplainerTest {
  private final Explainer explainer =
      new Explainer(
          new OutboundRouter(workload -> workload.node().equals("node-a")),
          new Authorizer(UnknownPolicyMode.DENY),
          "cluster.local");

  private static SmallMesh mesh() {
    return new SmallMesh()
        .with(SmallMesh.pod("client", "10.0.0.1").node("node-a"))
        .with(
            SmallMesh.pod("web", "10.0.1.1")
                .node("node-b")
                .services(List.of(SmallMesh.endpointOf("web"))))
        .with(SmallMesh.service("web", "10.96.0.1"));
  }

  private Explanation.Outcome only(MeshSnapshot mesh, String to) {
    List<Explanation.Outcome> outcomes = explainer.explain(mesh, "shop/client", to, 80).outcomes();
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  @Test
  void serviceOnAnotherNodeIsReachedByATunnelToItsEndpoint() {
    Explanation.Outcome outcome = only(mesh().snapshot(), "shop/web");

    assertThat(outcome.way()).isEqualTo("tunnel");
    assertThat(outcome.nextHop()).isEqualTo("10.0.1.1:15008");
    assertThat(outcome.authority()).isEqualTo("10.0.1.1:8080");
    assertThat(outcome.allowed()).isTrue();
    assertThat(outcome.enforcedAt()).isEqualTo("the agent of node node-b");
  }

  @Test
  void endpointsShareTheConnectionsAndEachIsListed() {
    Workload.Builder second =
        SmallMesh.pod("web-2", "10.0.1.2")
            .node("node-a")
            .services(List.of(SmallMesh.endpointOf("web")));

    List<Explanation.Outcome> outcomes =
        explainer.explain(mesh().with(second).snapshot(), "shop/client", "shop/web", 80).outcomes();

    assertThat(outcomes)
        .extracting(Explanation.Outcome::way)
        .containsExactlyInAnyOrder("tunnel", "same node");
    assertThat(outcomes.stream().mapToInt(Explanation.Outcome::percent).sum()).isBetween(99, 101);
  }

  @Test
  void refusalNamesThePolicyAndTheReasonCode() {
    AuthorizationPolicy denyAll =
        new AuthorizationPolicy(
            "shop",
            "nobody",
            AuthorizationPolicy.Scope.NAMESPACE,
            AuthorizationPolicy.Action.ALLOW,
            List.of(),
            false,
            List.of());

    Explanation.Outcome outcome =
        only(mesh().with(denyAll).snapshot(), "web.shop.svc.cluster.local");

    assertThat(outcome.allowed()).isFalse();
    assertThat(outcome.reason()).isEqualTo("POLICY_NOT_ALLOWED");
  }

  @Test
  void worldOutsideIsSaidToBeBeyondPolicy() {
    Explanation.Outcome outcome = only(mesh().snapshot(), "192.0.2.1");

    assertThat(outcome.way()).isEqualTo("passthrough");
    assertThat(outcome.enforcedAt()).isEqualTo("nowhere");
  }

  @Test
  void unknownEndsAreNamed() {
    MeshSnapshot mesh = mesh().snapshot();

    assertThatThrownBy(() -> explainer.explain(mesh, "shop/ghost", "shop/web", 80))
        .hasMessageContaining("from: shop/ghost");
    assertThatThrownBy(() -> explainer.explain(mesh, "shop/client", "shop/ghost", 80))
        .hasMessageContaining("to: shop/ghost");
    assertThatThrownBy(() -> explainer.explain(mesh, "shop/client", "shop/web", 70_000))
        .hasMessageContaining("port: 70000");
  }
}
