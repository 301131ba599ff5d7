package dev.groundmesh.nodeagent.explain;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.OutboundDecision;
import dev.groundmesh.meshapi.routing.Target;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.explain.Explanation.Outcome;
import org.jspecify.annotations.Nullable;

/** Tells what becomes of connections that were decided one way. Pure; for any thread. */
final class Outcomes {
  private final Authorizer authorizer;

  Outcomes(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  /** Where it goes. */
  private record Way(String name, @Nullable Target nextHop, @Nullable String authority) {}

  /** Whether it arrives there; {@code reason} is null if it does. */
  private record Verdict(
      boolean allowed, String decidedBy, String enforcedAt, @Nullable ReasonCode reason) {
    static Verdict allowed(String decidedBy, String enforcedAt) {
      return new Verdict(true, decidedBy, enforcedAt, null);
    }

    static Verdict denied(String decidedBy, String enforcedAt, ReasonCode reason) {
      return new Verdict(false, decidedBy, enforcedAt, reason);
    }
  }

  /**
   * What is told of a decision.
   *
   * @param percent of connections that are decided so
   */
  Outcome of(MeshSnapshot mesh, Workload source, OutboundDecision decision, int percent) {
    Way way = way(decision);
    Verdict verdict = verdict(mesh, source, decision);
    return new Outcome(
        percent,
        way.name,
        decision.rule().text(),
        way.nextHop == null ? null : way.nextHop.toString(),
        way.authority,
        decision.destination() == null ? null : name(decision.destination()),
        verdict.allowed,
        verdict.decidedBy,
        verdict.enforcedAt,
        verdict.reason == null ? null : verdict.reason.code());
  }

  private static Way way(OutboundDecision decision) {
    return switch (decision) {
      case OutboundDecision.Refuse _ -> new Way("refuse", null, null);
      case OutboundDecision.Passthrough passthrough ->
          new Way("passthrough", passthrough.target(), null);
      case OutboundDecision.Direct direct -> new Way("same node", direct.target(), null);
      case OutboundDecision.Tunnel tunnel -> new Way("tunnel", tunnel.target(), authority(tunnel));
      case OutboundDecision.Waypoint waypoint ->
          new Way("waypoint", waypoint.target(), waypoint.authority());
      case OutboundDecision.Gateway gateway ->
          new Way("gateway", gateway.target(), gateway.authority());
    };
  }

  private Verdict verdict(MeshSnapshot mesh, Workload source, OutboundDecision decision) {
    return switch (decision) {
      case OutboundDecision.Refuse refuse ->
          Verdict.denied(
              refuse.reason().text() + ": " + refuse.detail(), agentOf(source), refuse.reason());
      case OutboundDecision.Passthrough passthrough ->
          Verdict.allowed(
              passthrough.destination() == null
                  ? "the destination is outside of the mesh: no policy of the mesh applies"
                  : "the destination is not enrolled: its policies are not enforced",
              "nowhere");
      case OutboundDecision.Direct direct ->
          authorized(
              mesh, source, direct.destination(), direct.target().ip(), direct.target().port());
      case OutboundDecision.Tunnel tunnel ->
          authorized(
              mesh,
              source,
              tunnel.destination(),
              addressOf(tunnel.target()),
              tunnel.applicationPort());
      case OutboundDecision.Waypoint waypoint ->
          Verdict.allowed(
              "the waypoint's own policies decide", "waypoint " + name(waypoint.destination()));
      case OutboundDecision.Gateway gateway ->
          Verdict.allowed(
              "the policies of the other network decide",
              "the destination's agent, beyond gateway " + name(gateway.gateway()));
    };
  }

  private Verdict authorized(
      MeshSnapshot mesh,
      Workload source,
      Workload destination,
      @Nullable IpAddress address,
      int applicationPort) {
    if (address == null || source.addresses().isEmpty()) {
      return Verdict.allowed("known once the host name is resolved", agentOf(destination));
    }
    AuthorizationDecision decision =
        authorizer.authorize(
            mesh,
            new ConnectionFacts(
                destination,
                source.identity(),
                source.addresses().getFirst(),
                address,
                applicationPort));
    return switch (decision) {
      case AuthorizationDecision.Allowed allowed ->
          Verdict.allowed(
              allowed.policy() == null
                  ? "no ALLOW policy applies to the destination"
                  : "policy " + allowed.policy() + ", rule " + (allowed.group() + 1),
              agentOf(destination));
      case AuthorizationDecision.Denied denied ->
          Verdict.denied(
              denied.policy() == null
                  ? denied.reason().text()
                  : "policy "
                      + denied.policy()
                      + (denied.group() < 0 ? "" : ", rule " + (denied.group() + 1)),
              agentOf(destination),
              denied.reason());
    };
  }

  private static @Nullable IpAddress addressOf(Target target) {
    return switch (target) {
      case Target.Address address -> address.ip();
      case Target.Hostname _ -> null;
    };
  }

  private static @Nullable String authority(OutboundDecision.Tunnel tunnel) {
    IpAddress address = addressOf(tunnel.target());
    return address == null ? null : tunnel.authority(address.toInetAddress());
  }

  private static String agentOf(Workload workload) {
    return "the agent of node " + (workload.node().isEmpty() ? "(unknown)" : workload.node());
  }

  private static String name(Workload workload) {
    return workload.namespace() + "/" + workload.name();
  }
}
