package dev.groundmesh.controller.xds;

import dev.groundmesh.meshapi.wire.ResourceType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connected subscriber, as it was a moment ago.
 *
 * @param id of the stream, unique while the controller runs
 * @param node that its token is bound to; null if to none
 * @param account {@code namespace/serviceAccount}
 * @param client the node id that it gave itself
 * @param peer its address
 */
public record AgentStatus(
    long id,
    @Nullable String node,
    String account,
    String client,
    String peer,
    Instant connectedSince,
    List<TypeStatus> types) {

  public AgentStatus {
    types = List.copyOf(types);
  }

  /**
   * Where it stands with one type.
   *
   * @param wildcard whether it subscribes to everything
   * @param keys how many it asked for one by one
   * @param sentRevision it has been sent everything up to this
   * @param ackedRevision it has accepted everything up to this; -1: nothing yet
   * @param waitingSinceNanos {@link System#nanoTime} of the oldest response without an answer; 0:
   *     none
   * @param lastAckMillis how long the last accepted response took from sending to its ACK; -1: none
   * @param nacks responses refused
   * @param lastNack reason of the last refusal
   * @param refuses whether that stands: it has accepted no later revision
   */
  public record TypeStatus(
      ResourceType type,
      boolean wildcard,
      int keys,
      long sentRevision,
      long ackedRevision,
      long waitingSinceNanos,
      long lastAckMillis,
      long nacks,
      @Nullable String lastNack,
      boolean refuses) {}
}
