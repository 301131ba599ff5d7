package dev.groundmesh.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.state.StateException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluggedTrustTest {

  @TempDir Path directory;
  private final Certificates certificates = new Certificates(new SecureRandom());
  private Authority root;

  @BeforeEach
  void plugARoot() throws Exception {
    root = certificates.root("cluster.local", Instant.now(), Duration.ofDays(10));
    write(root);
  }

  @Test
  void rootThatSignsItselfNeedsNoIntermediates() throws Exception {
    TrustBundle bundle = PluggedTrust.load(directory, Clock.systemUTC()).current();
    assertThat(bundle.intermediatePems()).isEmpty();
    assertThat(bundle.roots()).containsExactly(root.certificate());
  }

  @Test
  void changedFilesAreTakenOver() throws Exception {
    PluggedTrust trust = PluggedTrust.load(directory, Clock.systemUTC());
    Authority next = certificates.root("cluster.local", Instant.now(), Duration.ofDays(10));
    write(next);
    trust.reload();
    assertThat(trust.current().signer().certificate()).isEqualTo(next.certificate());
  }

  @Test
  void filesThatDoNotFitTogetherLeaveTheFormerInForce() throws Exception {
    PluggedTrust trust = PluggedTrust.load(directory, Clock.systemUTC());
    Authority next = certificates.root("cluster.local", Instant.now(), Duration.ofDays(10));
    Files.writeString(directory.resolve("ca-cert.pem"), Pem.of(next.certificate()));
    trust.reload();
    assertThat(trust.current().signer().certificate()).isEqualTo(root.certificate());
  }

  @Test
  void missingFileStopsTheStartByName() throws Exception {
    Files.delete(directory.resolve("ca-key.pem"));
    assertThatThrownBy(() -> PluggedTrust.load(directory, Clock.systemUTC()))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("ca-key.pem");
  }

  @Test
  void chainThatDoesNotLeadToTheRootStopsTheStart() throws Exception {
    Authority other = certificates.root("cluster.local", Instant.now(), Duration.ofDays(10));
    Files.writeString(directory.resolve("root-cert.pem"), Pem.of(other.certificate()));
    assertThatThrownBy(() -> PluggedTrust.load(directory, Clock.systemUTC()))
        .isInstanceOf(StateException.class);
  }

  private void write(Authority authority) throws Exception {
    Files.writeString(directory.resolve("ca-cert.pem"), Pem.of(authority.certificate()));
    Files.writeString(directory.resolve("ca-key.pem"), Pem.of(authority.key()));
    Files.writeString(directory.resolve("cert-chain.pem"), "");
    Files.writeString(directory.resolve("root-cert.pem"), Pem.of(authority.certificate()));
  }
}
