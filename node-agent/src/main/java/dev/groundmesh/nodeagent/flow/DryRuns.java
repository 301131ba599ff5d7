package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.DryRunMatch;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Policies in dry run refuse nobody: what they would have done is logged. */
final class DryRuns {
  private static final Logger log = LoggerFactory.getLogger(DryRuns.class);

  private DryRuns() {}

  static void log(AuthorizationDecision decision, ConnectionFacts connection) {
    for (DryRunMatch match : decision.dryRunMatches()) {
      log.info(
          "dry run policy={} verdict={} src={} src.addr={} dst={} dst.port={}",
          match.policy() == null ? "(no ALLOW policy in dry run matches)" : match.policy(),
          match.wouldDeny() ? "deny" : "allow",
          connection.peer() == null ? "(nobody proved)" : connection.peer(),
          connection.sourceAddress(),
          connection.destination().uid(),
          connection.destinationPort());
    }
  }
}
