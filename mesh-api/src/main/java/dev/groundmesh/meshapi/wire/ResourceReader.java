package dev.groundmesh.meshapi.wire;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.model.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the fields of one resource: names what is wrong, and notes what is taken in its strictest
 * reading.
 */
final class ResourceReader {

  private final String name;
  private final Interner interner;
  private final List<String> limitations = new ArrayList<>();

  ResourceReader(String name, Interner interner) {
    this.name = name;
    this.interner = interner;
  }

  String name() {
    return name;
  }

  List<String> limitations() {
    return limitations;
  }

  <T> T shared(T value) {
    return interner.intern(value);
  }

  /** Notes that a field says something unknown, and what is done about it. */
  void limit(String field, Object value, String expected, String instead) {
    limitations.add(field + ": " + value + " (expected: " + expected + "); " + instead);
  }

  InvalidResourceException invalid(String field, Object value, String expected) {
    return new InvalidResourceException(
        name, field + ": " + value + " (expected: " + expected + ")");
  }

  String required(String field, String value) throws InvalidResourceException {
    if (value.isEmpty()) {
      throw invalid(field, "(empty)", "a value");
    }
    return value;
  }

  IpAddress address(String field, ByteString bytes) throws InvalidResourceException {
    if (bytes.size() != 4 && bytes.size() != 16) {
      throw invalid(field, bytes.size() + " bytes", "4 or 16 bytes");
    }
    return IpAddress.of(bytes.toByteArray());
  }

  int port(String field, int value, int lowest) throws InvalidResourceException {
    if (value < lowest || value > 65535) {
      throw invalid(field, Integer.toUnsignedString(value), lowest + " to 65535");
    }
    return value;
  }

  /** What a record says of its own validation, as a problem of this resource. */
  InvalidResourceException invalid(String field, IllegalArgumentException e) {
    return new InvalidResourceException(name, field + "." + e.getMessage());
  }
}
