package dev.groundmesh.nodeagent.config;

/** A setting that cannot be used; the message is {@code NAME: value (expected: ...)}. */
public final class ConfigException extends RuntimeException {
  ConfigException(String name, String value, String expected) {
    super(name + ": " + value + " (expected: " + expected + ")");
  }
}
