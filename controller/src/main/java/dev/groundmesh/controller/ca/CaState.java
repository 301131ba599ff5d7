package dev.groundmesh.controller.ca;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What all replicas must agree on: who signs, where a rotation stands, and how long what was signed
 * lives. Immutable; its JSON form holds private keys.
 *
 * @param longestLifetime ever granted to a leaf
 * @param pluggedRoots those of the plugged-in CA that the mesh was told to trust; empty if none is
 *     in use
 */
record CaState(
    Issuer active,
    Rotation rotation,
    Duration longestLifetime,
    List<X509Certificate> pluggedRoots) {

  private static final JsonMapper JSON = new JsonMapper();

  CaState {
    pluggedRoots = List.copyOf(pluggedRoots);
  }

  /** Who signs. */
  sealed interface Issuer {

    /** A root that we made. */
    record Own(Authority authority) implements Issuer {}

    /** The plugged-in CA, whatever it is at the time; its key is not in this state. */
    record Plugged() implements Issuer {}
  }

  /** Where a rotation stands. */
  sealed interface Rotation {

    /** There is none. */
    record Steady() implements Rotation {}

    /** The next one is trusted beside the active one. */
    record TrustBoth(Issuer next, Instant since) implements Rotation {}

    /** The old one is trusted beside the active one. */
    record SignNew(Issuer old, Instant since) implements Rotation {}
  }

  static CaState own(Authority root) {
    return new CaState(new Issuer.Own(root), new Rotation.Steady(), Duration.ZERO, List.of());
  }

  static CaState plugged(List<X509Certificate> roots) {
    return new CaState(new Issuer.Plugged(), new Rotation.Steady(), Duration.ZERO, roots);
  }

  CaState with(Issuer issuer, Rotation reached) {
    return new CaState(issuer, reached, longestLifetime, pluggedRoots);
  }

  CaState withLongestLifetime(Duration lifetime) {
    return new CaState(active, rotation, lifetime, pluggedRoots);
  }

  CaState withPluggedRoots(List<X509Certificate> roots) {
    return new CaState(active, rotation, longestLifetime, roots);
  }

  /** {@code STEADY}, {@code TRUST_BOTH}, {@code SIGN_NEW} or {@code PLUGGED}. */
  String phase() {
    return active instanceof Issuer.Plugged && rotation instanceof Rotation.Steady
        ? "PLUGGED"
        : phase(rotation);
  }

  private static String phase(Rotation rotation) {
    return switch (rotation) {
      case Rotation.Steady() -> "STEADY";
      case Rotation.TrustBoth(Issuer next, Instant since) -> "TRUST_BOTH";
      case Rotation.SignNew(Issuer old, Instant since) -> "SIGN_NEW";
    };
  }

  /**
   * When the next step of the rotation is safe; empty if none is under way.
   *
   * @param propagation what a root needs to reach every trust store
   */
  Optional<Instant> nextStepAfter(Duration propagation) {
    return switch (rotation) {
      case Rotation.Steady() -> Optional.empty();
      // A client asks again at half of its certificate's life, and learns of both roots then.
      case Rotation.TrustBoth(Issuer next, Instant since) ->
          Optional.of(since.plus(max(longestLifetime.dividedBy(2), propagation)));
      case Rotation.SignNew(Issuer old, Instant since) ->
          Optional.of(since.plus(max(longestLifetime, propagation)));
    };
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  String toJson() throws IOException, GeneralSecurityException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeNumberField("format", 1);
      json.writeStringField("phase", phase(rotation));
      write(json, "active", active);
      switch (rotation) {
        case Rotation.Steady() -> {
          // Nothing more to tell.
        }
        case Rotation.TrustBoth(Issuer next, Instant since) -> {
          json.writeStringField("since", since.toString());
          write(json, "next", next);
        }
        case Rotation.SignNew(Issuer old, Instant since) -> {
          json.writeStringField("since", since.toString());
          write(json, "old", old);
        }
      }
      json.writeNumberField("longestLifetimeSeconds", longestLifetime.toSeconds());
      if (!pluggedRoots.isEmpty()) {
        json.writeStringField("pluggedRoots", Pem.of(pluggedRoots));
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, String field, Issuer issuer)
      throws IOException, GeneralSecurityException {
    json.writeObjectFieldStart(field);
    switch (issuer) {
      case Issuer.Own(Authority authority) -> {
        json.writeStringField("certificate", Pem.of(authority.certificate()));
        json.writeStringField("key", Pem.of(authority.key()));
      }
      case Issuer.Plugged() -> json.writeBooleanField("plugged", true);
    }
    json.writeEndObject();
  }

  /**
   * Reads the JSON form.
   *
   * @throws IOException if it is none
   * @throws GeneralSecurityException if keys and certificates do not belong together
   * @throws java.time.DateTimeException if a time is none
   */
  static CaState parse(String text) throws IOException, GeneralSecurityException {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IOException("JSON: " + e.getOriginalMessage(), e);
    }
    if (json == null || json.path("format").asInt() != 1) {
      throw new IOException("format (expected: 1)");
    }
    String phase = json.path("phase").asText();
    Rotation rotation =
        switch (phase) {
          case "STEADY" -> new Rotation.Steady();
          case "TRUST_BOTH" ->
              new Rotation.TrustBoth(
                  issuer(json, "next"), Instant.parse(json.path("since").asText()));
          case "SIGN_NEW" ->
              new Rotation.SignNew(issuer(json, "old"), Instant.parse(json.path("since").asText()));
          default -> throw new IOException("phase: " + phase);
        };
    return new CaState(
        issuer(json, "active"),
        rotation,
        Duration.ofSeconds(json.path("longestLifetimeSeconds").asLong()),
        Pem.certificates(json.path("pluggedRoots").asText("")));
  }

  private static Issuer issuer(JsonNode json, String field)
      throws IOException, GeneralSecurityException {
    JsonNode node = json.path(field);
    if (node.path("plugged").asBoolean()) {
      return new Issuer.Plugged();
    }
    @Nullable String certificate = node.path("certificate").textValue();
    @Nullable String key = node.path("key").textValue();
    if (certificate == null || key == null) {
      throw new IOException(field + " (expected: certificate and key)");
    }
    List<X509Certificate> found = Pem.certificates(certificate);
    if (found.size() != 1) {
      throw new IOException(field + ".certificate (expected: one)");
    }
    Authority authority = new Authority(found.getFirst(), Pem.privateKey(key));
    authority.verify();
    return new Issuer.Own(authority);
  }
}
