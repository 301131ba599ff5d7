package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.Service;
import dev.groundmesh.meshapi.proto.workload.AppProtocol;
import java.util.Locale;

/** What a port speaks, as far as its name tells. */
public final class AppProtocols {

  private AppProtocols() {}

  /** Whether the port says what it speaks, by its application protocol or its name. */
  public static boolean isTold(Service.Port port) {
    String name = port.appProtocol().isEmpty() ? port.name() : port.appProtocol();
    int dash = name.indexOf('-');
    String prefix = (dash < 0 ? name : name.substring(0, dash)).toLowerCase(Locale.ROOT);
    return of(port) != AppProtocol.UNKNOWN || isOtherProtocol(prefix) || prefix.equals("grpc");
  }

  static AppProtocol of(Service.Port port) {
    if (port.protocol().equals("UDP")) {
      return AppProtocol.UNKNOWN;
    }
    String name = port.appProtocol().isEmpty() ? port.name() : port.appProtocol();
    switch (port.appProtocol()) {
      case "kubernetes.io/h2c" -> {
        return AppProtocol.HTTP2;
      }
      case "kubernetes.io/ws" -> {
        return AppProtocol.HTTP11;
      }
      case "kubernetes.io/wss" -> {
        return AppProtocol.TLS;
      }
      default -> {}
    }
    if (name.regionMatches(true, 0, "grpc-web", 0, 8)) {
      return AppProtocol.UNKNOWN;
    }
    int dash = name.indexOf('-');
    String prefix = (dash < 0 ? name : name.substring(0, dash)).toLowerCase(Locale.ROOT);
    AppProtocol named = named(prefix);
    if (named != AppProtocol.UNKNOWN || isOtherProtocol(prefix)) {
      return named;
    }
    return switch (port.port()) {
      // SMTP, DNS, MySQL and MongoDB: the server may speak first, so there is nothing to sniff.
      case 25, 53, 3306, 27017 -> AppProtocol.TCP;
      default -> AppProtocol.UNKNOWN;
    };
  }

  static AppProtocol named(String protocol) {
    return switch (protocol.toLowerCase(Locale.ROOT)) {
      case "http" -> AppProtocol.HTTP11;
      case "http2" -> AppProtocol.HTTP2;
      case "grpc" -> AppProtocol.GRPC;
      case "tls", "https" -> AppProtocol.TLS;
      case "tcp" -> AppProtocol.TCP;
      default -> AppProtocol.UNKNOWN;
    };
  }

  private static boolean isOtherProtocol(String protocol) {
    return switch (protocol) {
      case "udp", "http_proxy", "mongo", "redis", "mysql" -> true;
      default -> false;
    };
  }
}
