package dev.groundmesh.nodeagent.telemetry;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.log.Log;
import dev.groundmesh.nodeagent.log.LogLine;
import dev.groundmesh.tunnel.header.TraceParent;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.ConnectionEnd;
import dev.groundmesh.tunnel.observer.Direction;
import dev.groundmesh.tunnel.observer.RefusedConnection;
import dev.groundmesh.tunnel.observer.ServiceAttributes;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * One line a finished connection, with ztunnel's fields in ztunnel's order and, where it failed,
 * the reason code and the trace.
 */
final class AccessLog {
  static final String TARGET = "access";

  private final Log log;

  AccessLog(Log log) {
    this.log = log;
  }

  void opened(ConnectionAttributes connection) {
    if (log.enabled(TARGET, Level.DEBUG)) {
      log.write(
          Level.DEBUG,
          TARGET,
          "connection opened",
          line -> {
            ends(line, connection);
            trace(line, connection);
          });
    }
  }

  /**
   * Writes the line of a finished connection.
   *
   * @param toDestination bytes that went from the source to the destination
   * @param toSource bytes that went the other way
   * @param durationMillis from opening to the end
   */
  void complete(
      ConnectionAttributes connection,
      long toDestination,
      long toSource,
      long durationMillis,
      ConnectionEnd end) {
    ReasonCode reason = end.reason();
    Level level = reason == null ? Level.INFO : Level.ERROR;
    if (!log.enabled(TARGET, level)) {
      return;
    }
    boolean outbound = connection.direction() == Direction.OUTBOUND;
    log.write(
        level,
        TARGET,
        "connection complete",
        line -> {
          ends(line, connection);
          line.quoted("direction", connection.direction().logName())
              .field("bytes_sent", outbound ? toDestination : toSource)
              .field("bytes_recv", outbound ? toSource : toDestination)
              .quoted("duration", durationMillis + "ms");
          if (reason != null) {
            failure(line, reason, end.detail());
            trace(line, connection);
          }
        });
  }

  void refused(RefusedConnection connection) {
    log.write(
        Level.WARN,
        TARGET,
        "connection failed",
        line -> {
          line.field("src.addr", address(connection.sourceAddress()));
          InetSocketAddress destination = connection.destinationAddress();
          line.field("dst.addr", destination == null ? null : address(destination));
          line.quoted("direction", connection.direction().logName());
          failure(line, connection.reason(), connection.detail());
        });
  }

  private static void failure(LogLine line, ReasonCode reason, @Nullable String detail) {
    line.quoted(
            "error",
            detail == null || detail.equals(reason.text())
                ? reason.text()
                : reason.text() + ": " + detail)
        .field("reason", reason.name());
  }

  /**
   * The same at both ends, which otherwise have no name for the connection in common: at the
   * destination the source's port is the tunnel's. Lines of what went well do without.
   */
  private static void trace(LogLine line, ConnectionAttributes connection) {
    TraceParent trace = connection.trace();
    line.field("trace", trace == null ? null : trace.traceId());
  }

  private static void ends(LogLine line, ConnectionAttributes connection) {
    WorkloadAttributes source = connection.source();
    WorkloadAttributes destination = connection.destination();
    ServiceAttributes service = connection.service();
    boolean mutualTls = connection.mutualTls();
    line.field("src.addr", address(connection.sourceAddress()))
        .quoted("src.workload", name(source))
        .quoted("src.namespace", known(source.namespace()))
        .quoted("src.identity", identity(connection.sourceIdentity(), mutualTls))
        .quoted("src.cluster", known(source.cluster()))
        .field("dst.addr", address(connection.destinationAddress()))
        .field("dst.hbone_addr", connection.hboneAuthority())
        .quoted("dst.service", service == null ? null : service.hostname())
        .quoted("dst.workload", name(destination))
        .quoted("dst.namespace", known(destination.namespace()))
        .quoted("dst.identity", identity(connection.destinationIdentity(), mutualTls))
        .quoted("dst.cluster", known(destination.cluster()));
  }

  /** The pod's name, else the canonical service. */
  private static @Nullable String name(WorkloadAttributes workload) {
    String podName = known(workload.podName());
    return podName == null ? known(workload.canonicalService()) : podName;
  }

  private static @Nullable String identity(@Nullable SpiffeId identity, boolean mutualTls) {
    return identity == null || !mutualTls ? null : identity.toString();
  }

  private static @Nullable String known(String value) {
    return value.isEmpty() ? null : value;
  }

  static String address(InetSocketAddress address) {
    return NetUtil.toSocketAddressString(address);
  }
}
