package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.GatewayClass;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.LabelSelector;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.meshapi.proto.workload.ApplicationTunnel;
import dev.groundmesh.meshapi.proto.workload.GatewayAddress;
import dev.groundmesh.meshapi.proto.workload.NamespacedHostname;
import dev.groundmesh.meshapi.proto.workload.NetworkAddress;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A gateway that can be asked for as a waypoint.
 *
 * @param address null: it is not ready
 * @param trafficType {@code service}, {@code workload}, {@code all} or {@code none}
 * @param from the namespaces that may attach
 * @param binding how the L4 proxy hands traffic to the gateway's own pods; null: HBONE as it comes
 */
record Waypoint(
    String namespace,
    String name,
    @Nullable GatewayAddress address,
    String trafficType,
    Gateway.From from,
    LabelSelector namespaces,
    @Nullable ApplicationTunnel binding) {

  private static final int HBONE_PORT = 15008;
  private static final String WAYPOINT_FOR = "istio.io/waypoint-for";
  private static final String BINDING = "ambient.istio.io/waypoint-inbound-binding";

  static Waypoint of(Gateway gateway, @Nullable GatewayClass gatewayClass, String network) {
    ApplicationTunnel binding = binding(gateway, gatewayClass);
    Gateway.Listener listener = listener(gateway, binding);
    return new Waypoint(
        gateway.metadata().namespace(),
        gateway.metadata().name(),
        address(gateway, network).orElse(null),
        trafficType(gateway, gatewayClass),
        listener == null ? Gateway.From.SAME : listener.from(),
        listener == null ? LabelSelector.EVERYTHING : listener.selector(),
        binding);
  }

  /**
   * Where a gateway is that is not there or not ready: an agent that is told so finds nothing there
   * and refuses, as Istio's does.
   *
   * @param key {@code namespace/name}
   */
  static GatewayAddress absent(String key, String clusterDomain) {
    String namespace = key.substring(0, key.indexOf('/'));
    String name = key.substring(key.indexOf('/') + 1);
    return hostname(namespace, name + '.' + namespace + ".svc." + clusterDomain);
  }

  private static GatewayAddress hostname(String namespace, String hostname) {
    return GatewayAddress.newBuilder()
        .setHostname(NamespacedHostname.newBuilder().setNamespace(namespace).setHostname(hostname))
        .setHboneMtlsPort(HBONE_PORT)
        .build();
  }

  String key() {
    return namespace + '/' + name;
  }

  boolean takesServices() {
    return trafficType.equals("service") || trafficType.equals("all");
  }

  boolean takesWorkloads() {
    return trafficType.equals("workload") || trafficType.equals("all");
  }

  boolean allows(String fromNamespace, @Nullable Namespace object) {
    return switch (from) {
      case ALL -> true;
      case SAME -> namespace.equals(fromNamespace);
      case SELECTOR -> namespaces.matches(object == null ? Map.of() : object.metadata().labels());
    };
  }

  private static String trafficType(Gateway gateway, @Nullable GatewayClass gatewayClass) {
    String own = gateway.metadata().label(WAYPOINT_FOR);
    if (own != null) {
      return own;
    }
    String ofClass = gatewayClass == null ? null : gatewayClass.metadata().label(WAYPOINT_FOR);
    return ofClass == null ? "service" : ofClass;
  }

  /** Host names are preferred: services are known by them, and addresses may be assigned anew. */
  private static Optional<GatewayAddress> address(Gateway gateway, String network) {
    for (Gateway.Address address : gateway.addresses()) {
      if (address.hostname()) {
        return Optional.of(hostname(gateway.metadata().namespace(), address.value()));
      }
    }
    return gateway.addresses().stream()
        .findFirst()
        .flatMap(address -> IpAddresses.parse(address.value()))
        .map(
            bytes ->
                GatewayAddress.newBuilder()
                    .setAddress(
                        NetworkAddress.newBuilder()
                            .setNetwork(network)
                            .setAddress(ByteString.copyFrom(bytes)))
                    .setHboneMtlsPort(HBONE_PORT)
                    .build());
  }

  private static @Nullable ApplicationTunnel binding(
      Gateway gateway, @Nullable GatewayClass gatewayClass) {
    String text = gateway.metadata().annotation(BINDING);
    if (text == null && gatewayClass != null) {
      text = gatewayClass.metadata().annotation(BINDING);
    }
    if (text == null) {
      return null;
    }
    String[] parts = text.split("/", -1);
    ApplicationTunnel.Builder tunnel = ApplicationTunnel.newBuilder();
    switch (parts[0]) {
      case "NONE" -> tunnel.setProtocol(ApplicationTunnel.Protocol.NONE);
      case "PROXY" -> tunnel.setProtocol(ApplicationTunnel.Protocol.PROXY);
      default -> {
        return null;
      }
    }
    if (parts.length == 1) {
      return tunnel.build();
    }
    return parts.length == 2 && parts[1].matches("[1-9][0-9]{0,4}")
        ? tunnel.setPort(Integer.parseInt(parts[1])).build()
        : null;
  }

  private static Gateway.@Nullable Listener listener(
      Gateway gateway, @Nullable ApplicationTunnel binding) {
    if (binding != null) {
      for (Gateway.Listener listener : gateway.listeners()) {
        boolean bound =
            binding.getPort() != 0
                ? listener.port() == binding.getPort()
                : binding.getProtocol() == ApplicationTunnel.Protocol.PROXY
                    && listener.protocol().equals("istio.io/PROXY");
        if (bound) {
          return listener;
        }
      }
    }
    for (Gateway.Listener listener : gateway.listeners()) {
      if (listener.protocol().equals("HBONE") && listener.port() == HBONE_PORT) {
        return listener;
      }
    }
    return null;
  }
}
