package dev.groundmesh.nodeagent.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.groundmesh.meshapi.authorization.CompiledPolicy;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.telemetry.Telemetry;
import dev.groundmesh.nodeagent.telemetry.Telemetry.LiveConnection;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.Direction;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that the agent knows, as JSON in the shape that ztunnel gives its {@code /config_dump}, so
 * that the tools made for that one read this one. Written as it is read, without holding it whole.
 */
final class ConfigDump {
  private static final JsonFactory JSON = new JsonFactory();

  private final AdminView view;
  private final Telemetry telemetry;

  ConfigDump(AdminView view, Telemetry telemetry) {
    this.view = view;
    this.telemetry = telemetry;
  }

  void writeTo(OutputStream out) throws IOException {
    MeshSnapshot snapshot = view.snapshot();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("workloads");
      for (Workload workload : snapshot.workloads()) {
        workload(json, workload);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("services");
      for (Service service : snapshot.services()) {
        service(json, service, snapshot);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("policies");
      for (CompiledPolicy policy : snapshot.policies()) {
        policy(json, policy.policy());
      }
      json.writeEndArray();
      json.writeArrayFieldStart("certificates");
      for (AdminView.Certificate certificate : view.certificates()) {
        certificate(json, certificate);
      }
      json.writeEndArray();
      workloadState(json);
      json.writeObjectFieldStart("version");
      json.writeStringField("version", version());
      json.writeEndObject();
      json.writeObjectFieldStart("config");
      for (Map.Entry<String, String> setting : view.settings().entrySet()) {
        json.writeStringField(setting.getKey(), setting.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    }
  }

  private static String version() {
    String version = ConfigDump.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  private static void workload(JsonGenerator json, Workload workload) throws IOException {
    json.writeStartObject();
    strings(json, "workloadIps", workload.addresses().stream().map(IpAddress::toString).toList());
    gateway(json, "waypoint", workload.waypoint());
    gateway(json, "networkGateway", workload.networkGateway());
    json.writeStringField(
        "protocol", workload.tunnelProtocol() == TunnelProtocol.HBONE ? "HBONE" : "TCP");
    json.writeStringField("networkMode", capitalized(workload.networkMode()));
    json.writeStringField("uid", workload.uid());
    json.writeStringField("name", workload.name());
    json.writeStringField("namespace", workload.namespace());
    json.writeStringField("trustDomain", workload.identity().trustDomain());
    json.writeStringField("serviceAccount", workload.identity().serviceAccount());
    text(json, "network", workload.network());
    text(json, "workloadName", workload.workloadName());
    json.writeStringField("workloadType", workload.workloadType().name().toLowerCase(Locale.ROOT));
    text(json, "canonicalName", workload.canonicalName());
    text(json, "canonicalRevision", workload.canonicalRevision());
    text(json, "hostname", workload.hostname());
    text(json, "node", workload.node());
    if (workload.nativeTunnel()) {
      json.writeBooleanField("nativeTunnel", true);
    }
    ApplicationTunnel tunnel = workload.applicationTunnel();
    if (tunnel != null) {
      json.writeObjectFieldStart("applicationTunnel");
      json.writeStringField("protocol", tunnel.protocol().name());
      json.writeNumberField("port", tunnel.port());
      json.writeEndObject();
    }
    strings(json, "authorizationPolicies", workload.authorizationPolicies());
    json.writeStringField("status", workload.isHealthy() ? "Healthy" : "Unhealthy");
    json.writeStringField("clusterId", workload.clusterId());
    Locality locality = workload.locality();
    if (!locality.equals(Locality.UNKNOWN)) {
      json.writeObjectFieldStart("locality");
      text(json, "region", locality.region());
      text(json, "zone", locality.zone());
      text(json, "subzone", locality.subzone());
      json.writeEndObject();
    }
    strings(
        json,
        "services",
        workload.services().stream().map(membership -> membership.service().toString()).toList());
    json.writeNumberField("capacity", workload.capacity());
    json.writeEndObject();
  }

  private static void service(JsonGenerator json, Service service, MeshSnapshot snapshot)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", service.name());
    json.writeStringField("namespace", service.namespace());
    json.writeStringField("hostname", service.hostname());
    strings(json, "vips", service.vips().stream().map(NetworkAddress::toString).toList());
    if (!service.vipRanges().isEmpty()) {
      strings(json, "cidrVips", service.vipRanges().stream().map(Object::toString).toList());
    }
    ports(json, "ports", service.ports().asList());
    json.writeObjectFieldStart("endpoints");
    for (Workload endpoint : snapshot.endpoints(service.key()).all()) {
      json.writeObjectFieldStart(endpoint.uid());
      json.writeStringField("workloadUid", endpoint.uid());
      for (ServiceMembership membership : endpoint.services()) {
        if (membership.service().equals(service.key())) {
          ports(json, "port", membership.ports().asList());
        }
      }
      json.writeStringField("status", endpoint.isHealthy() ? "Healthy" : "Unhealthy");
      json.writeEndObject();
    }
    json.writeEndObject();
    strings(
        json, "subjectAltNames", service.subjectAltNames().stream().map(Object::toString).toList());
    gateway(json, "waypoint", service.waypoint());
    if (!service.weightedWaypoints().isEmpty()) {
      json.writeArrayFieldStart("weightedWaypoints");
      for (var weighted : service.weightedWaypoints()) {
        json.writeStartObject();
        gateway(json, "destination", weighted.waypoint());
        json.writeNumberField("weight", weighted.weight());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    LoadBalancing balancing = service.loadBalancing();
    json.writeObjectFieldStart("loadBalancer");
    strings(
        json,
        "routingPreferences",
        balancing.routingPreference().stream().map(ConfigDump::capitalized).toList());
    json.writeStringField("mode", capitalized(balancing.mode()));
    json.writeStringField("healthPolicy", capitalized(balancing.healthPolicy()));
    json.writeEndObject();
    json.writeStringField("ipFamilies", capitalized(service.ipFamilies()));
    json.writeBooleanField("canonical", service.canonical());
    json.writeStringField("visibility", capitalized(service.visibility()));
    json.writeEndObject();
  }

  private static void ports(JsonGenerator json, String name, List<Port> ports) throws IOException {
    json.writeObjectFieldStart(name);
    for (Port port : ports) {
      json.writeNumberField(Integer.toString(port.servicePort()), port.targetPort());
    }
    json.writeEndObject();
  }

  private static void policy(JsonGenerator json, AuthorizationPolicy policy) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", policy.name());
    json.writeStringField("namespace", policy.namespace());
    json.writeStringField("scope", capitalized(policy.scope()));
    json.writeStringField("action", capitalized(policy.action()));
    json.writeArrayFieldStart("rules");
    for (AuthorizationPolicy.Group group : policy.groups()) {
      json.writeStartArray();
      for (AuthorizationPolicy.Rule rule : group.rules()) {
        json.writeStartArray();
        for (AuthorizationPolicy.Match match : rule.matches()) {
          match(json, match);
        }
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeBooleanField("dryRun", policy.dryRun());
    if (!policy.limitations().isEmpty()) {
      strings(json, "limitations", policy.limitations());
    }
    json.writeEndObject();
  }

  private static void match(JsonGenerator json, AuthorizationPolicy.Match match)
      throws IOException {
    json.writeStartObject();
    stringMatches(json, "namespaces", match.namespaces());
    stringMatches(json, "notNamespaces", match.notNamespaces());
    accounts(json, "serviceAccounts", match.serviceAccounts());
    accounts(json, "notServiceAccounts", match.notServiceAccounts());
    stringMatches(json, "principals", match.principals());
    stringMatches(json, "notPrincipals", match.notPrincipals());
    ranges(json, "sourceIps", match.sourceIps());
    ranges(json, "notSourceIps", match.notSourceIps());
    ranges(json, "destinationIps", match.destinationIps());
    ranges(json, "notDestinationIps", match.notDestinationIps());
    numbers(json, "destinationPorts", match.destinationPorts());
    numbers(json, "notDestinationPorts", match.notDestinationPorts());
    json.writeEndObject();
  }

  private static void stringMatches(JsonGenerator json, String name, List<StringMatch> matches)
      throws IOException {
    if (matches.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart(name);
    for (StringMatch match : matches) {
      json.writeStartObject();
      switch (match) {
        case StringMatch.Exact exact -> json.writeStringField("Exact", exact.value());
        case StringMatch.Prefix prefix -> json.writeStringField("Prefix", prefix.value());
        case StringMatch.Suffix suffix -> json.writeStringField("Suffix", suffix.value());
        case StringMatch.Presence presence -> json.writeNullField("Presence");
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void accounts(
      JsonGenerator json, String name, List<AuthorizationPolicy.ServiceAccountMatch> accounts)
      throws IOException {
    if (!accounts.isEmpty()) {
      strings(
          json,
          name,
          accounts.stream().map(a -> a.namespace() + "/" + a.serviceAccount()).toList());
    }
  }

  private static void ranges(JsonGenerator json, String name, List<AddressRange> ranges)
      throws IOException {
    if (!ranges.isEmpty()) {
      strings(json, name, ranges.stream().map(AddressRange::toString).toList());
    }
  }

  private static void numbers(JsonGenerator json, String name, List<Integer> numbers)
      throws IOException {
    if (!numbers.isEmpty()) {
      json.writeArrayFieldStart(name);
      for (int number : numbers) {
        json.writeNumber(number);
      }
      json.writeEndArray();
    }
  }

  private static void certificate(JsonGenerator json, AdminView.Certificate certificate)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("identity", certificate.identity());
    json.writeStringField("state", certificate.state());
    x509(json, "certChain", certificate.chain());
    x509(json, "rootCerts", certificate.roots());
    json.writeEndObject();
  }

  private static void x509(JsonGenerator json, String name, List<AdminView.X509> certificates)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (AdminView.X509 certificate : certificates) {
      json.writeStartObject();
      json.writeStringField("pem", certificate.pem());
      json.writeStringField("serialNumber", certificate.serialNumber());
      json.writeStringField("validFrom", certificate.validFrom().toString());
      json.writeStringField("expirationTime", certificate.expirationTime().toString());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /**
   * The pods of this node with their connections, as {@code istioctl ztunnel-config connections}
   * reads them.
   */
  private void workloadState(JsonGenerator json) throws IOException {
    List<LiveConnection> connections = List.copyOf(telemetry.liveConnections());
    json.writeObjectFieldStart("workloadState");
    for (AdminView.Pod pod : view.pods()) {
      json.writeObjectFieldStart(pod.uid());
      json.writeStringField("state", pod.state());
      if (pod.detail() != null) {
        json.writeStringField("detail", pod.detail());
      }
      json.writeObjectFieldStart("connections");
      connections(json, "inbound", Direction.INBOUND, pod, connections);
      connections(json, "outbound", Direction.OUTBOUND, pod, connections);
      json.writeEndObject();
      json.writeObjectFieldStart("info");
      json.writeStringField("name", pod.name());
      json.writeStringField("namespace", pod.namespace());
      json.writeStringField("serviceAccount", pod.serviceAccount());
      json.writeStringField("trustDomain", pod.trustDomain());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void connections(
      JsonGenerator json,
      String name,
      Direction direction,
      AdminView.Pod pod,
      List<LiveConnection> connections)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (LiveConnection connection : connections) {
      ConnectionAttributes attributes = connection.attributes();
      var own = direction == Direction.INBOUND ? attributes.destination() : attributes.source();
      if (attributes.direction() == direction
          && own.podName().equals(pod.name())
          && own.namespace().equals(pod.namespace())) {
        json.writeStartObject();
        json.writeStringField("src", NetUtil.toSocketAddressString(attributes.sourceAddress()));
        if (attributes.service() != null) {
          json.writeStringField("originalDst", attributes.service().hostname());
        }
        json.writeStringField(
            "actualDst", NetUtil.toSocketAddressString(attributes.destinationAddress()));
        json.writeStringField("protocol", attributes.hboneAuthority() == null ? "TCP" : "HBONE");
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  private static void gateway(JsonGenerator json, String name, @Nullable GatewayAddress gateway)
      throws IOException {
    if (gateway != null) {
      json.writeObjectFieldStart(name);
      json.writeStringField("destination", gateway.destination().toString());
      json.writeNumberField("hboneMtlsPort", gateway.hbonePort());
      json.writeEndObject();
    }
  }

  private static void text(JsonGenerator json, String name, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(name, value);
    }
  }

  private static void strings(JsonGenerator json, String name, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** {@code WORKLOAD_SELECTOR} as {@code WorkloadSelector}. */
  private static String capitalized(Enum<?> value) {
    StringBuilder text = new StringBuilder();
    for (String word : value.name().split("_", -1)) {
      text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }
}
