package dev.groundmesh.nodeagent.outbound;

import dev.groundmesh.nodeagent.certificates.WorkloadTls;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.pool.TunnelKey;
import dev.groundmesh.tunnel.pool.TunnelTransport;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Tunnels of one pod: sockets in its namespace, TLS as its identity. */
public record PodTransport(LocalPod pod, WorkloadTls tls) implements TunnelTransport {
  @Override
  public Socket openSocket(TunnelKey key) throws IOException {
    return pod.sockets().outbound(key.destination());
  }

  /** The caller has waited for the certificate, and one that was there once is kept while used. */
  @Override
  public TunnelTls tls(TunnelKey key) {
    TunnelTls client = tls.client(key.source(), key.expected());
    if (client == null) {
      throw new IllegalStateException(key.source() + ": no certificate (expected: one)");
    }
    return client;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PodTransport transport
        && pod.equals(transport.pod)
        && tls.equals(transport.tls);
  }

  @Override
  public int hashCode() {
    return 31 * pod.hashCode() + tls.hashCode();
  }
}
