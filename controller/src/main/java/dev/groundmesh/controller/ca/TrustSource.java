package dev.groundmesh.controller.ca;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where the CA's own keys and roots come from. */
sealed interface TrustSource permits StoredTrust, PluggedTrust {

  /** The bundle in force; any thread. Null: there is none yet, and {@link #problem} says why. */
  @Nullable TrustBundle current();

  /** What is wrong with what the CA is made of; empty if nothing. Any thread. */
  String problem();

  /** Hears of every lifetime granted, so that roots are not dropped before what they signed. */
  void issued(Duration lifetime);
}
