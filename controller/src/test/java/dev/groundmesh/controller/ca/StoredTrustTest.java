package dev.groundmesh.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.ca.StoredTrust.RotationException;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTrustTest {

  @TempDir Path directory;
  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private final Certificates certificates = new Certificates(new SecureRandom());

  @Test
  void rootSurvivesARestart() throws Exception {
    X509Certificate root = bundle(open()).signer().certificate();
    assertThat(bundle(open()).signer().certificate()).isEqualTo(root);
    assertThat(Files.getPosixFilePermissions(directory.resolve("ca.json")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void eachPhaseOfARotationSurvivesARestart() throws Exception {
    open().rotate(false);
    List<X509Certificate> both = bundle(open()).roots();
    assertThat(both).hasSize(2);
    assertThat(open().phase()).isEqualTo("TRUST_BOTH");
    open().rotate(false);
    assertThat(open().phase()).isEqualTo("SIGN_NEW");
    assertThat(bundle(open()).signer().certificate()).isEqualTo(both.get(1));
    assertThat(bundle(open()).roots()).containsExactlyInAnyOrderElementsOf(both);
    open().rotate(false);
    assertThat(open().phase()).isEqualTo("STEADY");
    assertThat(bundle(open()).roots()).containsExactly(both.get(1));
  }

  @Test
  void newRootSignsOnlyAfterEveryLeafWasRenewed() throws Exception {
    StoredTrust trust = open();
    trust.issued(Duration.ofHours(24));
    trust.rotate(false);
    now = now.plus(Duration.ofHours(11));
    assertThatThrownBy(() -> trust.rotate(false)).isInstanceOf(RotationException.class);
    now = now.plus(Duration.ofHours(1));
    assertThat(trust.rotate(false)).isEqualTo("SIGN_NEW");
  }

  @Test
  void oldRootGoesOnlyAfterItsLastLeafExpiredEvenAfterARestart() throws Exception {
    StoredTrust trust = open();
    trust.issued(Duration.ofHours(24));
    trust.rotate(true);
    trust.rotate(true);
    StoredTrust again = open();
    now = now.plus(Duration.ofHours(23));
    assertThatThrownBy(() -> again.rotate(false)).isInstanceOf(RotationException.class);
    now = now.plus(Duration.ofHours(1));
    assertThat(again.rotate(false)).isEqualTo("STEADY");
  }

  @Test
  void damagedFileStopsTheStartAndIsKept() throws Exception {
    open();
    Path file = directory.resolve("ca.json");
    String whole = Files.readString(file);
    for (String damaged :
        List.of(
            "",
            "{",
            whole.substring(0, whole.length() / 2),
            whole.replace("STEADY", "SOMETHING"),
            whole.replace("BEGIN PRIVATE KEY", "BEGIN NOTHING"))) {
      Files.writeString(file, damaged);
      assertThatThrownBy(this::open)
          .isInstanceOf(StateException.class)
          .hasMessageContaining("ca.json")
          .hasMessageContaining("is damaged");
      assertThat(Files.readString(file)).isEqualTo(damaged);
    }
  }

  @Test
  void keyOfAnotherCertificateStopsTheStart(@TempDir Path other) throws Exception {
    open();
    open(other);
    String mine = Files.readString(directory.resolve("ca.json"));
    String theirs = Files.readString(other.resolve("ca.json"));
    Files.writeString(directory.resolve("ca.json"), mine.replace(key(mine), key(theirs)));
    assertThatThrownBy(this::open)
        .isInstanceOf(StateException.class)
        .hasMessageContaining("not that of the certificate");
  }

  @Test
  void rotationThatCannotBeWrittenChangesNothing() throws Exception {
    StoredTrust trust = open();
    List<X509Certificate> before = bundle(trust).roots();
    // A directory in the way of the temporary file: a write fails, as on a full disk.
    Files.createDirectories(directory.resolve("ca.json.new/in-the-way"));
    assertThatThrownBy(() -> trust.rotate(true))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("cannot be written");
    assertThat(trust.phase()).isEqualTo("STEADY");
    assertThat(bundle(trust).roots()).isEqualTo(before);
    assertThat(bundle(open()).roots()).isEqualTo(before);
  }

  private static String key(String json) {
    int from = json.indexOf("-----BEGIN PRIVATE KEY");
    return json.substring(from, json.indexOf("-----END PRIVATE KEY", from));
  }

  private static TrustBundle bundle(StoredTrust trust) {
    TrustBundle bundle = trust.current();
    assertThat(bundle).isNotNull();
    return Objects.requireNonNull(bundle);
  }

  private Clock clock() {
    InstantSource source = () -> now;
    return source.withZone(ZoneOffset.UTC);
  }

  private StoredTrust open() throws Exception {
    return open(directory);
  }

  private StoredTrust open(Path directory) throws Exception {
    StoredTrust trust =
        new StoredTrust(
            new DirectoryCaState(StateDirectory.open(directory)),
            PluggedFiles.none(),
            certificates,
            "cluster.local",
            clock(),
            Duration.ZERO);
    trust.refresh();
    return trust;
  }
}
