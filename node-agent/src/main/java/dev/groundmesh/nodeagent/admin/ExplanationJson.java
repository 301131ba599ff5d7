package dev.groundmesh.nodeagent.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.groundmesh.nodeagent.explain.Explanation;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** An explanation as {@code groundctl explain} reads it. */
final class ExplanationJson {
  private static final JsonFactory JSON = new JsonFactory();

  private ExplanationJson() {}

  static void write(Explanation explanation, OutputStream out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("from", explanation.from());
      json.writeStringField("address", explanation.address());
      json.writeNumberField("port", explanation.port());
      json.writeArrayFieldStart("outcomes");
      for (Explanation.Outcome outcome : explanation.outcomes()) {
        json.writeStartObject();
        json.writeNumberField("percent", outcome.percent());
        json.writeStringField("way", outcome.way());
        json.writeStringField("because", outcome.because());
        optional(json, "nextHop", outcome.nextHop());
        optional(json, "authority", outcome.authority());
        optional(json, "destination", outcome.destination());
        json.writeBooleanField("allowed", outcome.allowed());
        json.writeStringField("decidedBy", outcome.decidedBy());
        json.writeStringField("enforcedAt", outcome.enforcedAt());
        optional(json, "reason", outcome.reason());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  private static void optional(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(name, value);
    }
  }
}
