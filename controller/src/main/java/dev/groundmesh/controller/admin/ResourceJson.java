package dev.groundmesh.controller.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.ServiceAccountMatch;
import dev.groundmesh.meshapi.proto.security.StringMatch;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.GatewayAddress;
import dev.groundmesh.meshapi.proto.workload.NetworkAddress;
import dev.groundmesh.meshapi.proto.workload.Port;
import dev.groundmesh.meshapi.proto.workload.Service;
import dev.groundmesh.meshapi.proto.workload.Workload;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Compiled resources as JSON, in the field names of a ztunnel's config dump. */
final class ResourceJson {

  private ResourceJson() {}

  static Address address(CompiledResource resource) {
    try {
      return Address.parseFrom(resource.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("resource: " + resource.name() + " (expected: Address)", e);
    }
  }

  static void workload(JsonGenerator json, CompiledResource resource, Workload workload)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("uid", workload.getUid());
    json.writeStringField("name", workload.getName());
    json.writeStringField("namespace", workload.getNamespace());
    json.writeArrayFieldStart("workloadIps");
    for (ByteString ip : workload.getAddressesList()) {
      json.writeString(ip(ip));
    }
    json.writeEndArray();
    json.writeStringField("hostname", workload.getHostname());
    json.writeStringField("network", workload.getNetwork());
    json.writeStringField("protocol", workload.getTunnelProtocol().name());
    json.writeStringField("trustDomain", workload.getTrustDomain());
    json.writeStringField("serviceAccount", workload.getServiceAccount());
    json.writeStringField("node", workload.getNode());
    json.writeStringField("clusterId", workload.getClusterId());
    json.writeStringField("workloadName", workload.getWorkloadName());
    json.writeStringField("workloadType", lower(workload.getWorkloadType().name()));
    json.writeStringField("canonicalName", workload.getCanonicalName());
    json.writeStringField("canonicalRevision", workload.getCanonicalRevision());
    json.writeStringField("networkMode", workload.getNetworkMode().name());
    json.writeStringField(
        "status", workload.getStatus().getNumber() == 0 ? "Healthy" : "Unhealthy");
    if (workload.hasWaypoint()) {
      gateway(json, "waypoint", workload.getWaypoint());
    }
    if (workload.hasNetworkGateway()) {
      gateway(json, "networkGateway", workload.getNetworkGateway());
    }
    json.writeObjectFieldStart("locality");
    json.writeStringField("region", workload.getLocality().getRegion());
    json.writeStringField("zone", workload.getLocality().getZone());
    json.writeStringField("subzone", workload.getLocality().getSubzone());
    json.writeEndObject();
    json.writeObjectFieldStart("services");
    for (var service : new TreeMap<>(workload.getServicesMap()).entrySet()) {
      ports(json, service.getKey(), service.getValue().getPortsList());
    }
    json.writeEndObject();
    strings(json, "authorizationPolicies", workload.getAuthorizationPoliciesList());
    json.writeStringField("version", resource.version());
    json.writeEndObject();
  }

  static void service(JsonGenerator json, CompiledResource resource, Service service)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", service.getName());
    json.writeStringField("namespace", service.getNamespace());
    json.writeStringField("hostname", service.getHostname());
    json.writeArrayFieldStart("vips");
    for (NetworkAddress address : service.getAddressesList()) {
      json.writeString(
          address.getNetwork()
              + '/'
              + ip(address.getAddress())
              + (address.hasLength() ? "/" + address.getLength() : ""));
    }
    json.writeEndArray();
    ports(json, "ports", service.getPortsList());
    strings(json, "subjectAltNames", service.getSubjectAltNamesList());
    if (service.hasWaypoint()) {
      gateway(json, "waypoint", service.getWaypoint());
    }
    if (service.hasLoadBalancing()) {
      json.writeObjectFieldStart("loadBalancer");
      json.writeStringField("mode", service.getLoadBalancing().getMode().name());
      json.writeArrayFieldStart("routingPreferences");
      for (var scope : service.getLoadBalancing().getRoutingPreferenceList()) {
        json.writeString(scope.name());
      }
      json.writeEndArray();
      json.writeStringField("healthPolicy", service.getLoadBalancing().getHealthPolicy().name());
      json.writeEndObject();
    }
    json.writeStringField("ipFamilies", service.getIpFamilies().name());
    json.writeBooleanField("canonical", service.getCanonical());
    json.writeStringField("visibility", service.getVisibility().name());
    json.writeStringField("version", resource.version());
    json.writeEndObject();
  }

  static void policy(JsonGenerator json, CompiledResource resource) throws IOException {
    Authorization policy = Authorization.parseFrom(resource.bytes());
    json.writeStartObject();
    json.writeStringField("name", policy.getName());
    json.writeStringField("namespace", policy.getNamespace());
    json.writeStringField("scope", policy.getScope().name());
    json.writeStringField("action", policy.getAction().name());
    json.writeBooleanField("dryRun", policy.getDryRun());
    json.writeArrayFieldStart("groups");
    for (var group : policy.getGroupsList()) {
      json.writeStartArray();
      for (Rules rules : group.getRulesList()) {
        json.writeStartArray();
        for (Match match : rules.getMatchesList()) {
          match(json, match);
        }
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeStringField("version", resource.version());
    json.writeEndObject();
  }

  static void enrolment(JsonGenerator json, CompiledResource resource) throws IOException {
    PodEnrolment enrolment = PodEnrolment.parseFrom(resource.bytes());
    json.writeStartObject();
    json.writeStringField("workloadUid", enrolment.getWorkloadUid());
    json.writeStringField("node", resource.node());
    json.writeStringField("namespace", enrolment.getNamespace());
    json.writeStringField("name", enrolment.getName());
    json.writeStringField("serviceAccount", enrolment.getServiceAccount());
    json.writeStringField("runtimeId", enrolment.getRuntimeId());
    json.writeArrayFieldStart("addresses");
    for (ByteString ip : enrolment.getAddressesList()) {
      json.writeString(ip(ip));
    }
    json.writeEndArray();
    json.writeBooleanField("enrolled", enrolment.getEnrolled());
    json.writeBooleanField("bypassInboundCapture", enrolment.getBypassInboundCapture());
    json.writeStringField("dnsCapture", enrolment.getDnsCapture().name());
    strings(json, "rerouteVirtualInterfaces", enrolment.getRerouteVirtualInterfacesList());
    json.writeStringField("version", resource.version());
    json.writeEndObject();
  }

  private static void match(JsonGenerator json, Match match) throws IOException {
    json.writeStartObject();
    matches(json, "principals", match.getPrincipalsList());
    matches(json, "notPrincipals", match.getNotPrincipalsList());
    matches(json, "namespaces", match.getNamespacesList());
    matches(json, "notNamespaces", match.getNotNamespacesList());
    accounts(json, "serviceAccounts", match.getServiceAccountsList());
    accounts(json, "notServiceAccounts", match.getNotServiceAccountsList());
    ranges(json, "sourceIps", match.getSourceIpsList());
    ranges(json, "notSourceIps", match.getNotSourceIpsList());
    ranges(json, "destinationIps", match.getDestinationIpsList());
    ranges(json, "notDestinationIps", match.getNotDestinationIpsList());
    numbers(json, "destinationPorts", match.getDestinationPortsList());
    numbers(json, "notDestinationPorts", match.getNotDestinationPortsList());
    json.writeEndObject();
  }

  private static void matches(JsonGenerator json, String field, List<StringMatch> values)
      throws IOException {
    if (values.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart(field);
    for (StringMatch value : values) {
      json.writeString(
          switch (value.getMatchTypeCase()) {
            case EXACT -> value.getExact();
            case PREFIX -> value.getPrefix() + '*';
            case SUFFIX -> '*' + value.getSuffix();
            case PRESENCE -> "*";
            case MATCHTYPE_NOT_SET -> "";
          });
    }
    json.writeEndArray();
  }

  private static void accounts(JsonGenerator json, String field, List<ServiceAccountMatch> values)
      throws IOException {
    if (values.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart(field);
    for (ServiceAccountMatch value : values) {
      json.writeString(value.getNamespace() + '/' + value.getServiceAccount());
    }
    json.writeEndArray();
  }

  private static void ranges(
      JsonGenerator json, String field, List<dev.groundmesh.meshapi.proto.security.Address> values)
      throws IOException {
    if (values.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart(field);
    for (var value : values) {
      json.writeString(ip(value.getAddress()) + '/' + value.getLength());
    }
    json.writeEndArray();
  }

  private static void numbers(JsonGenerator json, String field, List<Integer> values)
      throws IOException {
    if (values.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart(field);
    for (int value : values) {
      json.writeNumber(value);
    }
    json.writeEndArray();
  }

  private static void strings(JsonGenerator json, String field, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private static void ports(JsonGenerator json, String field, List<Port> ports) throws IOException {
    json.writeObjectFieldStart(field);
    for (Port port : ports) {
      json.writeNumberField(Integer.toString(port.getServicePort()), port.getTargetPort());
    }
    json.writeEndObject();
  }

  private static void gateway(JsonGenerator json, String field, GatewayAddress gateway)
      throws IOException {
    json.writeObjectFieldStart(field);
    switch (gateway.getDestinationCase()) {
      case HOSTNAME ->
          json.writeStringField(
              "destination",
              gateway.getHostname().getNamespace() + '/' + gateway.getHostname().getHostname());
      case ADDRESS ->
          json.writeStringField(
              "destination",
              gateway.getAddress().getNetwork() + '/' + ip(gateway.getAddress().getAddress()));
      case DESTINATION_NOT_SET -> json.writeStringField("destination", "");
    }
    json.writeNumberField("hboneMtlsPort", gateway.getHboneMtlsPort());
    json.writeEndObject();
  }

  private static String ip(ByteString bytes) {
    try {
      return InetAddress.getByAddress(bytes.toByteArray()).getHostAddress();
    } catch (UnknownHostException e) {
      return "invalid";
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
