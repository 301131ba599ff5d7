package dev.groundmesh.nodeagent.controlplane;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** JSON text as protobuf values. */
final class JsonValues {
  private JsonValues() {}

  /**
   * @param name of the setting, for the error
   * @throws IllegalArgumentException if the text is no JSON value
   */
  static Value parse(String name, String text) {
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      Value value = value(parser, parser.nextToken());
      if (parser.nextToken() == null) {
        return value;
      }
    } catch (IOException e) {
      // The same answer as for what follows a value.
    }
    throw new IllegalArgumentException(
        "ISTIO_METAJSON_" + name + ": " + text + " (expected: one JSON value)");
  }

  private static Value value(JsonParser parser, @Nullable JsonToken token) throws IOException {
    if (token == null) {
      throw new IOException("the text ends too early");
    }
    Value.Builder value = Value.newBuilder();
    switch (token) {
      case START_OBJECT -> {
        Struct.Builder fields = Struct.newBuilder();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          fields.putFields(field, value(parser, parser.nextToken()));
        }
        value.setStructValue(fields);
      }
      case START_ARRAY -> {
        ListValue.Builder elements = ListValue.newBuilder();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          elements.addValues(value(parser, next));
        }
        value.setListValue(elements);
      }
      case VALUE_STRING -> value.setStringValue(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> value.setNumberValue(parser.getDoubleValue());
      case VALUE_TRUE -> value.setBoolValue(true);
      case VALUE_FALSE -> value.setBoolValue(false);
      case VALUE_NULL -> value.setNullValue(NullValue.NULL_VALUE);
      default -> throw new IOException("unexpected " + token);
    }
    return value.build();
  }
}
