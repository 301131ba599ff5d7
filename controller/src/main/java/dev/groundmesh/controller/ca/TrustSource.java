package dev.groundmesh.controller.ca;

import java.time.Duration;

/** Where the CA's own keys and roots come from. */
sealed interface TrustSource permits SelfSignedTrust, PluggedTrust {

  /** The bundle in force; any thread. */
  TrustBundle current();

  /** Hears of every lifetime granted, so that roots are not dropped before what they signed. */
  void issued(Duration lifetime);
}
