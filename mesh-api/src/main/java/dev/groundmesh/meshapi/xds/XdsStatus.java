package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.wire.ResourceType;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How up to date the client is, for readiness, admin and metrics. An immutable snapshot.
 *
 * @param connected whether a stream stands that has brought a response
 * @param since since when that is so
 * @param attempts streams begun since the last one that brought a response
 * @param lastError why the last stream ended; null before the first end
 * @param types by type, what has arrived
 */
public record XdsStatus(
    boolean connected,
    Instant since,
    int attempts,
    @Nullable String lastError,
    Map<ResourceType, TypeStatus> types) {

  /** Copies the map. */
  public XdsStatus {
    types = Map.copyOf(types);
  }

  /** Whether every wildcard type was received once, so that what is not known does not exist. */
  public boolean synced() {
    return types.values().stream().allMatch(TypeStatus::synced);
  }

  /**
   * One type.
   *
   * @param synced whether its first response was applied; always so when it is asked for on demand
   * @param version {@code system_version_info} of the last response; empty before
   * @param nonce of the last response; empty before
   * @param lastResponse when it arrived; null before
   * @param responses how many have arrived
   * @param rejected resources of the last response that could not be used
   */
  public record TypeStatus(
      boolean synced,
      String version,
      String nonce,
      @Nullable Instant lastResponse,
      long responses,
      int rejected) {
    TypeStatus received(String version, String nonce, Instant at, int rejected) {
      return new TypeStatus(true, version, nonce, at, responses + 1, rejected);
    }
  }
}
