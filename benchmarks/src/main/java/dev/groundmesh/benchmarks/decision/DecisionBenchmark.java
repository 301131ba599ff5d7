package dev.groundmesh.benchmarks.decision;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.authorization.UnknownPolicyMode;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Group;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Rule;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.routing.OutboundDecision;
import dev.groundmesh.meshapi.routing.OutboundRouter;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The outbound decision and the authorization of one connection, in a mesh of 10,000 workloads. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecisionBenchmark {

  private static final int WORKLOADS = 10_000;
  private static final int SERVICES = 1_000;
  private static final int POLICIES = 10;

  private final MeshSnapshot mesh = mesh();
  private final Workload client = workload(0);
  private final OutboundRouter router = new OutboundRouter(workload -> false);
  private final Authorizer authorizer = new Authorizer(UnknownPolicyMode.DENY);
  private final RandomGenerator random = new SplittableRandom(1);
  private final ConnectionFacts guarded = connectionTo(workload(0));
  private final ConnectionFacts open = connectionTo(workload(1));
  private int next;

  /** To a service by its VIP: the VIP, an endpoint, a tunnel. */
  @Benchmark
  public OutboundDecision routeToService() {
    next = (next + 1) % SERVICES;
    return router.decide(mesh, client, vip(next), 80, random);
  }

  /** To an address that the mesh does not know. */
  @Benchmark
  public OutboundDecision routeToUnknown() {
    return router.decide(mesh, client, new IpAddress.V4(0x08080808), 443, random);
  }

  /** Ten policies of the namespace, the last of which allows. */
  @Benchmark
  public AuthorizationDecision authorizeByPolicies() {
    return authorizer.authorize(mesh, guarded);
  }

  /** No policy applies. */
  @Benchmark
  public AuthorizationDecision authorizeWithoutPolicies() {
    return authorizer.authorize(mesh, open);
  }

  private static MeshSnapshot mesh() {
    List<Update<Workload>> workloads = new ArrayList<>();
    List<Update<Service>> services = new ArrayList<>();
    List<Update<AuthorizationPolicy>> policies = new ArrayList<>();
    for (int i = 0; i < WORKLOADS; i++) {
      workloads.add(new Update<>(workload(i), ""));
    }
    for (int i = 0; i < SERVICES; i++) {
      services.add(new Update<>(service(i), ""));
    }
    for (int i = 0; i < POLICIES; i++) {
      policies.add(new Update<>(policy(i), ""));
    }
    return new MeshStore(MeshSnapshot.EMPTY)
        .apply(new MeshDelta(workloads, services, policies, List.of(), List.of(), List.of()))
        .after();
  }

  private static ConnectionFacts connectionTo(Workload destination) {
    return new ConnectionFacts(
        destination, new SpiffeId("cluster.local", "ns9", "client"), address(7), address(0), 8080);
  }

  private static Workload workload(int index) {
    return Workload.builder(
            "Kubernetes//Pod/ns" + index % 10 + "/pod-" + index,
            new SpiffeId("cluster.local", "ns" + index % 10, "account"))
        .addresses(List.of(address(index)))
        .tunnelProtocol(TunnelProtocol.HBONE)
        .services(List.of(new ServiceMembership(key(index % SERVICES), ports())))
        .build();
  }

  private static Service service(int index) {
    return Service.builder(key(index))
        .canonical(true)
        .vips(List.of(new NetworkAddress("", vip(index))))
        .ports(ports())
        .build();
  }

  /** Every second one denies; all but the last match someone else. */
  private static AuthorizationPolicy policy(int index) {
    Match match =
        Match.builder()
            .principals(
                List.of(
                    new StringMatch.Exact("cluster.local/ns/ns" + index + "/sa/client"),
                    new StringMatch.Prefix("other.domain/ns/ns" + index)))
            .sourceIps(List.of(AddressRange.parse("10.0.0.0/8")))
            .destinationPorts(List.of(8080, 9090))
            .build();
    return new AuthorizationPolicy(
        "ns0",
        "policy-" + index,
        Scope.NAMESPACE,
        index % 2 == 0 ? Action.DENY : Action.ALLOW,
        List.of(new Group(List.of(new Rule(List.of(match))))),
        false,
        List.of());
  }

  private static NamespacedHostname key(int index) {
    return new NamespacedHostname("ns" + index % 10, "service-" + index + ".svc.cluster.local");
  }

  private static PortMap ports() {
    return PortMap.of(new Port(80, 8080, AppProtocol.HTTP11));
  }

  private static IpAddress address(int index) {
    return new IpAddress.V4(0x0a000000 + index);
  }

  private static IpAddress vip(int index) {
    return new IpAddress.V4(0x0a600000 + index);
  }
}
