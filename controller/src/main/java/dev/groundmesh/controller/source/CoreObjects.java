package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kubernetes' own objects. Their many fields that the mesh has no use for are not looked at. */
final class CoreObjects {

  /** Where nothing writes a pod's status: its addresses, separated by commas. */
  private static final String POD_IPS = "groundmesh.dev/pod-ips";

  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final Pattern CRON_JOB = Pattern.compile("(.+)-\\d{8,10}");

  private CoreObjects() {}

  static Pod pod(Metadata metadata, Fields meta, Fields fields) {
    Fields spec = fields.object("spec");
    Fields status = fields.object("status");
    String phase = status.string("phase");
    String serviceAccount = spec.string("serviceAccountName");
    return new Pod(
        metadata,
        workloadName(metadata, meta),
        spec.string("nodeName").intern(),
        serviceAccount.isEmpty() ? "default" : serviceAccount.intern(),
        spec.bool("hostNetwork"),
        namedPorts(spec),
        addresses(metadata, meta, status),
        phase.equals("Succeeded") || phase.equals("Failed"),
        ready(status) && !meta.has("deletionTimestamp"));
  }

  private static Map<String, Integer> namedPorts(Fields spec) {
    Map<String, Integer> ports = new HashMap<>();
    for (Fields container : spec.objects("containers")) {
      for (Fields port : container.objects("ports")) {
        String name = port.string("name");
        int number = port.integer("containerPort", 1, 65535, 0);
        String protocol = port.string("protocol");
        if (!name.isEmpty() && number > 0 && (protocol.isEmpty() || protocol.equals("TCP"))) {
          ports.putIfAbsent(name.intern(), number);
        }
      }
    }
    return ports;
  }

  private static List<String> addresses(Metadata metadata, Fields meta, Fields status) {
    Set<String> addresses = new HashSet<>();
    List<String> ordered = new ArrayList<>();
    for (Fields podIp : status.objects("podIPs")) {
      add(podIp, "ip", podIp.string("ip"), addresses, ordered);
    }
    if (ordered.isEmpty() && status.has("podIP")) {
      add(status, "podIP", status.string("podIP"), addresses, ordered);
    }
    String annotated = metadata.annotation(POD_IPS);
    if (ordered.isEmpty() && annotated != null) {
      for (String address : annotated.split(",", -1)) {
        add(meta.object("annotations"), POD_IPS, address.strip(), addresses, ordered);
      }
    }
    return ordered;
  }

  private static void add(
      Fields at, String field, String address, Set<String> seen, List<String> into) {
    if (IpAddresses.parse(address).isEmpty()) {
      at.error(field, address, "an IP address");
    } else if (seen.add(address)) {
      into.add(address);
    }
  }

  /** Without conditions, as where no kubelet writes them, a pod counts as ready. */
  private static boolean ready(Fields status) {
    if (!status.has("conditions")) {
      return true;
    }
    for (Fields condition : status.objects("conditions")) {
      if (condition.string("type").equals("Ready")) {
        return condition.string("status").equals("True");
      }
    }
    return false;
  }

  private static String workloadName(Metadata metadata, Fields meta) {
    String labelled = metadata.label("service.istio.io/workload-name");
    if (labelled != null && !labelled.isEmpty()) {
      return labelled;
    }
    if (meta.string("generateName").isEmpty()) {
      return metadata.name();
    }
    for (Fields owner : meta.objects("ownerReferences")) {
      if (owner.bool("controller")) {
        String name = owner.string("name");
        return name.isEmpty() ? metadata.name() : ownersOwner(metadata, owner.string("kind"), name);
      }
    }
    return metadata.name();
  }

  /** Deployments and the like own pods through an object whose name is theirs with a suffix. */
  private static String ownersOwner(Metadata metadata, String kind, String name) {
    switch (kind) {
      case "ReplicaSet" -> {
        for (String label : List.of("pod-template-hash", "rollouts-pod-template-hash")) {
          String hash = metadata.label(label);
          if (hash != null && !hash.isEmpty() && name.endsWith('-' + hash)) {
            return name.substring(0, name.length() - hash.length() - 1).intern();
          }
        }
      }
      case "ReplicationController" -> {
        String config = metadata.label("deploymentconfig");
        if (config != null && !config.isEmpty()) {
          return config;
        }
      }
      case "Job" -> {
        Matcher cronJob = CRON_JOB.matcher(name);
        if (cronJob.matches()) {
          return cronJob.group(1).intern();
        }
      }
      default -> {}
    }
    return name.intern();
  }

  static Service service(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    spec.ignore("externalIPs", "sessionAffinity", "sessionAffinityConfig", "externalName");
    spec.ignore("externalTrafficPolicy", "ipFamilyPolicy", "loadBalancerIP", "healthCheckNodePort");
    spec.ignore("loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts");
    String type = spec.string("type");
    List<String> clusterIps = spec.strings("clusterIPs");
    String clusterIp = spec.string("clusterIP");
    if (clusterIps.isEmpty() && !clusterIp.isEmpty()) {
      clusterIps = List.of(clusterIp);
    }
    boolean headless = clusterIps.contains("None");
    for (String ip : clusterIps) {
      if (!ip.equals("None") && IpAddresses.parse(ip).isEmpty()) {
        spec.error("clusterIP", ip, "an IP address, or None");
      }
    }
    String internalTraffic = spec.string("internalTrafficPolicy");
    if (!Set.of("", "Cluster", "Local").contains(internalTraffic)) {
      spec.error("internalTrafficPolicy", internalTraffic, "one of Cluster, Local");
    }
    String distribution = spec.string("trafficDistribution");
    if (!Set.of("", "PreferClose", "PreferSameZone", "PreferSameNode").contains(distribution)) {
      spec.error(
          "trafficDistribution",
          distribution,
          "one of PreferClose, PreferSameZone, PreferSameNode");
    }
    List<String> families = spec.strings("ipFamilies");
    for (String family : families) {
      if (!family.equals("IPv4") && !family.equals("IPv6")) {
        spec.error("ipFamilies", family, "one of IPv4, IPv6");
      }
    }
    Service service =
        new Service(
            metadata,
            type.equals("ExternalName"),
            Interned.map(spec.stringMap("selector")),
            headless,
            headless ? List.of() : clusterIps,
            servicePorts(spec),
            internalTraffic.equals("Local"),
            distribution,
            spec.bool("publishNotReadyAddresses"),
            families);
    spec.warnUnknown();
    return service;
  }

  private static List<Service.Port> servicePorts(Fields spec) {
    List<Service.Port> ports = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Fields port : spec.objects("ports")) {
      port.ignore("nodePort");
      String protocol = port.string("protocol");
      int number = port.integer("port", 1, 65535, 0);
      if (number == 0 && !port.has("port")) {
        port.error("port", "", "a number from 1 to 65535");
      }
      if (!Set.of("", "TCP", "UDP", "SCTP").contains(protocol)) {
        port.error("protocol", protocol, "one of TCP, UDP, SCTP");
      }
      if (!seen.add(protocol + number)) {
        port.error("port", Integer.toString(number), "each port once");
      }
      String target = port.scalar("targetPort");
      int targetPort = target.isEmpty() ? number : portNumber(target);
      if (targetPort < 0) {
        port.error("targetPort", target, "a number from 1 to 65535, or a port's name");
      }
      ports.add(
          new Service.Port(
              port.string("name"),
              protocol.isEmpty() ? "TCP" : protocol,
              port.string("appProtocol"),
              number,
              Math.max(0, targetPort),
              targetPort == 0 ? target : ""));
      port.warnUnknown();
    }
    return ports;
  }

  /** 0 for a name, -1 for a number that is no port. */
  private static int portNumber(String target) {
    if (!target.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return 0;
    }
    int number = target.length() > 5 ? 0 : Integer.parseInt(target);
    return number >= 1 && number <= 65535 ? number : -1;
  }

  static EndpointSlice endpointSlice(Metadata metadata, Fields fields) {
    boolean names = fields.string("addressType").equals("FQDN");
    List<EndpointSlice.Port> ports = new ArrayList<>();
    for (Fields port : fields.objects("ports")) {
      String protocol = port.string("protocol");
      int number = port.integer("port", 1, 65535, 0);
      if (number > 0 && (protocol.isEmpty() || protocol.equals("TCP"))) {
        ports.add(new EndpointSlice.Port(port.string("name"), number));
      }
    }
    List<EndpointSlice.Endpoint> endpoints = new ArrayList<>();
    for (Fields endpoint : fields.objects("endpoints")) {
      List<String> addresses = endpoint.strings("addresses");
      if (names) {
        continue;
      }
      for (String address : addresses) {
        if (IpAddresses.parse(address).isEmpty()) {
          endpoint.error("addresses", address, "an IP address");
        }
      }
      Fields target = endpoint.object("targetRef");
      endpoints.add(
          new EndpointSlice.Endpoint(
              addresses,
              endpoint.object("conditions").bool("ready", true),
              target.string("kind").equals("Pod") ? target.string("name") : ""));
    }
    String service = metadata.label(SERVICE_NAME);
    return new EndpointSlice(metadata, service == null ? "" : service, ports, endpoints);
  }
}
