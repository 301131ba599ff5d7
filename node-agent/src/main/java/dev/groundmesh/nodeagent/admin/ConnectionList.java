package dev.groundmesh.nodeagent.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.groundmesh.nodeagent.telemetry.Telemetry.LiveConnection;
import dev.groundmesh.tunnel.observer.ConnectionAttributes;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The live connections as JSON: who talks to whom, by which way, since when, how much. */
final class ConnectionList {
  private static final JsonFactory JSON = new JsonFactory();

  private ConnectionList() {}

  static void write(Collection<LiveConnection> connections, OutputStream out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartArray();
      for (LiveConnection connection : connections) {
        ConnectionAttributes attributes = connection.attributes();
        json.writeStartObject();
        json.writeStringField("direction", attributes.direction().logName());
        json.writeStringField("src", NetUtil.toSocketAddressString(attributes.sourceAddress()));
        json.writeStringField(
            "dst", NetUtil.toSocketAddressString(attributes.destinationAddress()));
        optional(json, "hboneAuthority", attributes.hboneAuthority());
        end(json, "source", attributes.source(), attributes.sourceIdentity());
        end(json, "destination", attributes.destination(), attributes.destinationIdentity());
        optional(
            json, "service", attributes.service() == null ? null : attributes.service().hostname());
        json.writeBooleanField("mutualTls", attributes.mutualTls());
        json.writeNumberField("ageMillis", connection.ageMillis());
        json.writeNumberField("bytesToDestination", connection.bytesToDestination());
        json.writeNumberField("bytesToSource", connection.bytesToSource());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  private static void end(
      JsonGenerator json, String name, WorkloadAttributes workload, @Nullable Object identity)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("workload", workload.podName());
    json.writeStringField("namespace", workload.namespace());
    optional(json, "identity", identity == null ? null : identity.toString());
    json.writeEndObject();
  }

  private static void optional(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(name, value);
    }
  }
}
