package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.LabelSelector;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.model.WorkloadAddress;
import dev.groundmesh.controller.model.WorkloadEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Istio's networking objects. */
final class NetworkingObjects {

  private static final Pattern HOST =
      Pattern.compile("(\\*\\.)?[a-zA-Z0-9_]([-a-zA-Z0-9_.]{0,251}[a-zA-Z0-9])?");
  private static final Set<String> PROTOCOLS =
      Set.of(
          "http",
          "https",
          "grpc",
          "grpc-web",
          "http2",
          "mongo",
          "tcp",
          "tls",
          "udp",
          "mysql",
          "redis");

  private NetworkingObjects() {}

  static ServiceEntry serviceEntry(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    spec.ignore("location", "exportTo");
    List<String> hosts = spec.strings("hosts");
    if (hosts.isEmpty()) {
      spec.error("hosts", "", "at least one host");
    }
    Set<String> seen = new HashSet<>();
    for (String host : hosts) {
      if (!HOST.matcher(host).matches() || host.contains("..")) {
        spec.error("hosts", host, "a host name, or one with *. in front");
      } else if (!seen.add(host.toLowerCase(Locale.ROOT))) {
        spec.error("hosts", host, "each host once");
      }
    }
    List<String> addresses = spec.strings("addresses");
    for (String address : addresses) {
      if (IpAddresses.parsePrefix(address).isEmpty()) {
        spec.error("addresses", address, "an IP address or a range such as 10.0.0.0/8");
      }
    }
    ServiceEntry.Resolution resolution =
        spec.choice("resolution", ServiceEntry.Resolution.class, ServiceEntry.Resolution.NONE);
    List<ServiceEntry.Endpoint> endpoints = new ArrayList<>();
    for (Fields endpoint : spec.objects("endpoints")) {
      endpoints.add(
          new ServiceEntry.Endpoint(
              endpoint.stringMap("labels"), workloadAddress(endpoint, resolution)));
      endpoint.warnUnknown();
    }
    Fields selector = spec.object("workloadSelector");
    LabelSelector workloads = LabelSelector.ofLabels(selector.stringMap("labels"));
    selector.warnUnknown();
    if (!endpoints.isEmpty() && !workloads.isEmpty()) {
      spec.error("endpoints", "endpoints beside workloadSelector", "one of the two");
    }
    if (resolution == ServiceEntry.Resolution.NONE && !endpoints.isEmpty()) {
      spec.error("endpoints", "endpoints with resolution NONE", "resolution STATIC or DNS");
    }
    ServiceEntry entry =
        new ServiceEntry(
            metadata,
            hosts,
            addresses,
            ports(spec),
            resolution,
            endpoints,
            workloads,
            spec.strings("subjectAltNames"),
            assigned(fields.object("status")));
    spec.warnUnknown();
    return entry;
  }

  private static List<ServiceEntry.Port> ports(Fields spec) {
    List<ServiceEntry.Port> ports = new ArrayList<>();
    Set<Integer> numbers = new HashSet<>();
    for (Fields port : spec.objects("ports")) {
      int number = port.integer("number", 1, 65535, 0);
      String protocol = port.string("protocol");
      if (!port.has("number")) {
        port.error("number", "", "a number from 1 to 65535");
      } else if (!numbers.add(number)) {
        port.error("number", Integer.toString(number), "each port once");
      }
      if (!protocol.isEmpty() && !PROTOCOLS.contains(protocol.toLowerCase(Locale.ROOT))) {
        port.error("protocol", protocol, "one of HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS");
      }
      ports.add(
          new ServiceEntry.Port(
              port.string("name"), protocol, number, port.integer("targetPort", 1, 65535, 0)));
      port.warnUnknown();
    }
    return ports;
  }

  private static Map<String, List<String>> assigned(Fields status) {
    Map<String, List<String>> assigned = new HashMap<>();
    for (Fields address : status.objects("addresses")) {
      assigned
          .computeIfAbsent(address.string("host"), h -> new ArrayList<>())
          .add(address.string("value"));
    }
    assigned.replaceAll((host, values) -> List.copyOf(values));
    return assigned;
  }

  static WorkloadEntry workloadEntry(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    Map<String, String> labels = new HashMap<>(metadata.labels());
    labels.putAll(spec.stringMap("labels"));
    WorkloadAddress at = workloadAddress(spec, ServiceEntry.Resolution.DNS);
    spec.warnUnknown();
    return new WorkloadEntry(
        new Metadata(
            metadata.namespace(),
            metadata.name(),
            metadata.uid(),
            Interned.map(labels),
            metadata.annotations(),
            metadata.created(),
            metadata.contentHash(),
            metadata.generation()),
        at);
  }

  private static WorkloadAddress workloadAddress(
      Fields fields, ServiceEntry.Resolution resolution) {
    String address = fields.string("address");
    String network = fields.string("network");
    boolean ip = IpAddresses.parse(address).isPresent();
    if (address.isEmpty() && network.isEmpty()) {
      fields.error("address", "", "an IP address or a host name, or a network");
    } else if (!address.isEmpty() && !ip && !HOST.matcher(address).matches()) {
      fields.error("address", address, "an IP address or a host name");
    } else if (!address.isEmpty() && !ip && resolution == ServiceEntry.Resolution.STATIC) {
      fields.error("address", address, "an IP address, as resolution is STATIC");
    }
    return new WorkloadAddress(
        address,
        fields.portMap("ports"),
        network,
        fields.string("locality"),
        fields.integer("weight", 0, Integer.MAX_VALUE, 0),
        fields.string("serviceAccount"));
  }
}
