package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.wire.DecodedResponse;
import java.util.List;
import java.util.Map;

/** Takes what the control plane sends of one type. Called by the client's owner thread only. */
public interface ResourceHandler {

  /**
   * Applies a response: every resource that can be used, and the removals. A removal of something
   * unknown is no error.
   *
   * @return what could not be used; reported to the control plane, while the rest is in force
   */
  List<DecodedResponse.Rejection> apply(DeltaDiscoveryResponse response);

  /**
   * What is held now, so that after a reconnect only the difference is sent.
   *
   * @return by resource name the version that was applied last, {@code ""} where the control plane
   *     gave none; where a newer version was rejected, the older one that is still in force
   */
  Map<String, String> versions();
}
