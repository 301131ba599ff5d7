package dev.groundmesh.controller.ca;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.io.IOException;
import java.io.StringWriter;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Roots that the controller made itself, with their rotation. Everything is in one file of the
 * state directory, written before it takes effect.
 *
 * <p>The phases of a rotation, each of them safe to stay in: {@code STEADY} (one root); {@code
 * TRUST_BOTH} (a new root is handed out beside the old one, which still signs); {@code SIGN_NEW}
 * (the new one signs, the old one is still trusted); then {@code STEADY} with the new one. The wait
 * between them is what it takes until every workload has heard of the new root, and until the last
 * leaf of the old one has expired. Thread-safe.
 */
final class SelfSignedTrust implements TrustSource {

  static final String FILE = "ca.json";

  static final Duration ROOT_LIFETIME = Duration.ofDays(3650);

  private static final Logger log = LoggerFactory.getLogger(SelfSignedTrust.class);
  private static final JsonMapper JSON = new JsonMapper();

  /** Where a rotation stands. */
  sealed interface Rotation {
    record Steady() implements Rotation {}

    record TrustBoth(Authority next, Instant since) implements Rotation {}

    record SignNew(Authority old, Instant since) implements Rotation {}
  }

  private record State(Authority active, Rotation rotation, Duration longestLifetime) {}

  /** A step of a rotation that cannot be made, or not yet; the message says why and when. */
  static final class RotationException extends Exception {
    RotationException(String message) {
      super(message);
    }
  }

  private final StateDirectory directory;
  private final Certificates certificates;
  private final String trustDomain;
  private final Clock clock;

  private State state;
  private volatile TrustBundle bundle;

  private SelfSignedTrust(
      StateDirectory directory,
      Certificates certificates,
      String trustDomain,
      Clock clock,
      State state)
      throws GeneralSecurityException {
    this.directory = directory;
    this.certificates = certificates;
    this.trustDomain = trustDomain;
    this.clock = clock;
    this.state = state;
    this.bundle = bundle(state);
  }

  /**
   * The roots in the state directory; made at first use.
   *
   * @throws StateException if the file is damaged or cannot be written. It is never replaced: every
   *     workload of the mesh trusts what is in it
   */
  static SelfSignedTrust loadOrCreate(
      StateDirectory directory, Certificates certificates, String trustDomain, Clock clock)
      throws StateException {
    Optional<String> stored = directory.read(FILE);
    try {
      if (stored.isPresent()) {
        return new SelfSignedTrust(
            directory, certificates, trustDomain, clock, parse(stored.get()));
      }
      Authority root = certificates.root(trustDomain, clock.instant(), ROOT_LIFETIME);
      State first = new State(root, new Rotation.Steady(), Duration.ZERO);
      directory.writeSecret(FILE, json(first));
      log.info("made a new root certificate for {}", trustDomain);
      return new SelfSignedTrust(directory, certificates, trustDomain, clock, first);
    } catch (IOException | GeneralSecurityException | DateTimeException e) {
      throw new StateException(
          directory.path(FILE),
          "is damaged (expected: the state of the certificate authority); restore it from a copy."
              + " Removing it makes a new root that no running workload trusts: "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public TrustBundle current() {
    return bundle;
  }

  @Override
  public synchronized void issued(Duration lifetime) {
    if (lifetime.compareTo(state.longestLifetime) <= 0) {
      return;
    }
    State next = new State(state.active, state.rotation, lifetime);
    try {
      directory.writeSecret(FILE, json(next));
    } catch (StateException | IOException | GeneralSecurityException e) {
      log.error("the longest lifetime granted is not on disk: {}", e.getMessage());
    }
    state = next;
  }

  /** {@code STEADY}, {@code TRUST_BOTH} or {@code SIGN_NEW}. */
  synchronized String phase() {
    return phase(state.rotation);
  }

  /** When the next step of the rotation is safe; empty if none is under way. */
  synchronized Optional<Instant> nextStepAfter() {
    return switch (state.rotation) {
      case Rotation.Steady() -> Optional.empty();
      // A client asks again at half of its certificate's life, and learns of both roots then.
      case Rotation.TrustBoth(Authority next, Instant since) ->
          Optional.of(since.plus(state.longestLifetime.dividedBy(2)));
      case Rotation.SignNew(Authority old, Instant since) ->
          Optional.of(since.plus(state.longestLifetime));
    };
  }

  /**
   * Makes the next step of a rotation: begins one, or goes on with the one under way.
   *
   * @param force make it though some workload may not be ready for it
   * @return the phase reached
   */
  synchronized String rotate(boolean force)
      throws RotationException, StateException, GeneralSecurityException, IOException {
    Instant now = clock.instant();
    Instant earliest = nextStepAfter().orElse(now);
    if (now.isBefore(earliest) && !force) {
      throw new RotationException(
          "rotation: " + phase() + " (expected: the next step not before " + earliest + ")");
    }
    State next =
        switch (state.rotation) {
          case Rotation.Steady() ->
              new State(
                  state.active,
                  new Rotation.TrustBoth(certificates.root(trustDomain, now, ROOT_LIFETIME), now),
                  state.longestLifetime);
          case Rotation.TrustBoth(Authority newRoot, Instant since) ->
              new State(newRoot, new Rotation.SignNew(state.active, now), state.longestLifetime);
          case Rotation.SignNew(Authority old, Instant since) ->
              new State(state.active, new Rotation.Steady(), state.longestLifetime);
        };
    TrustBundle reached = bundle(next);
    directory.writeSecret(FILE, json(next));
    state = next;
    bundle = reached;
    log.info("root rotation: {}", phase(next.rotation));
    return phase(next.rotation);
  }

  private static TrustBundle bundle(State state) throws GeneralSecurityException {
    X509Certificate active = state.active.certificate();
    List<X509Certificate> roots =
        switch (state.rotation) {
          case Rotation.Steady() -> List.of(active);
          case Rotation.TrustBoth(Authority next, Instant since) ->
              List.of(active, next.certificate());
          case Rotation.SignNew(Authority old, Instant since) -> List.of(active, old.certificate());
        };
    return TrustBundle.of(state.active, List.of(), roots);
  }

  private static String phase(Rotation rotation) {
    return switch (rotation) {
      case Rotation.Steady() -> "STEADY";
      case Rotation.TrustBoth(Authority next, Instant since) -> "TRUST_BOTH";
      case Rotation.SignNew(Authority old, Instant since) -> "SIGN_NEW";
    };
  }

  private static String json(State state) throws IOException, GeneralSecurityException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeNumberField("format", 1);
      json.writeStringField("phase", phase(state.rotation));
      write(json, "active", state.active);
      switch (state.rotation) {
        case Rotation.Steady() -> {
          // Nothing more to tell.
        }
        case Rotation.TrustBoth(Authority next, Instant since) -> {
          json.writeStringField("since", since.toString());
          write(json, "next", next);
        }
        case Rotation.SignNew(Authority old, Instant since) -> {
          json.writeStringField("since", since.toString());
          write(json, "old", old);
        }
      }
      json.writeNumberField("longestLifetimeSeconds", state.longestLifetime.toSeconds());
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, String field, Authority authority)
      throws IOException, GeneralSecurityException {
    json.writeObjectFieldStart(field);
    json.writeStringField("certificate", Pem.of(authority.certificate()));
    json.writeStringField("key", Pem.of(authority.key()));
    json.writeEndObject();
  }

  private static State parse(String text) throws IOException, GeneralSecurityException {
    JsonNode json = JSON.readTree(text);
    if (json == null || json.path("format").asInt() != 1) {
      throw new IOException("format (expected: 1)");
    }
    String phase = json.path("phase").asText();
    Rotation rotation =
        switch (phase) {
          case "STEADY" -> new Rotation.Steady();
          case "TRUST_BOTH" ->
              new Rotation.TrustBoth(
                  authority(json, "next"), Instant.parse(json.path("since").asText()));
          case "SIGN_NEW" ->
              new Rotation.SignNew(
                  authority(json, "old"), Instant.parse(json.path("since").asText()));
          default -> throw new IOException("phase: " + phase);
        };
    return new State(
        authority(json, "active"),
        rotation,
        Duration.ofSeconds(json.path("longestLifetimeSeconds").asLong()));
  }

  private static Authority authority(JsonNode json, String field)
      throws IOException, GeneralSecurityException {
    JsonNode node = json.path(field);
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
    return authority;
  }
}
