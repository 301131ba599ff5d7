package dev.groundmesh.meshapi.model;

/** A test of one string, as policies write it; case matters. */
public sealed interface StringMatch {

  /** The very same string. */
  record Exact(String value) implements StringMatch {
    @Override
    public boolean matches(String candidate) {
      return candidate.equals(value);
    }
  }

  /** Any string that begins with {@code value}. */
  record Prefix(String value) implements StringMatch {
    @Override
    public boolean matches(String candidate) {
      return candidate.startsWith(value);
    }
  }

  /** Any string that ends with {@code value}. */
  record Suffix(String value) implements StringMatch {
    @Override
    public boolean matches(String candidate) {
      return candidate.endsWith(value);
    }
  }

  /** Any string that is not empty. */
  record Presence() implements StringMatch {
    @Override
    public boolean matches(String candidate) {
      return !candidate.isEmpty();
    }
  }

  boolean matches(String candidate);
}
