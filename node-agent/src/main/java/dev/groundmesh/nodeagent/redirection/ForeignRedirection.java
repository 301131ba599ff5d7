package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.kernel.FilterChains;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/**
 * Rules of Istio in a pod's namespace: of its CNI plugin for ambient pods, which stay in running
 * pods when the plugin is uninstalled, or of a sidecar. They take the pod's connections before the
 * mesh's own redirection could, to ports where nobody listens.
 */
public final class ForeignRedirection {
  /** As in {@code ISTIO_OUTPUT} of iptables and {@code istio-output} of nftables. */
  private static final String PREFIX = "istio";

  private ForeignRedirection() {}

  /**
   * Looks for them, and changes nothing.
   *
   * @return the name of a chain of such rules; empty if there is none
   * @throws IOException if the kernel does not tell
   */
  public static Optional<String> in(NetnsHandle netns) throws IOException {
    for (String chain : FilterChains.in(netns)) {
      if (chain.toLowerCase(Locale.ROOT).startsWith(PREFIX)) {
        return Optional.of(chain);
      }
    }
    return Optional.empty();
  }
}
