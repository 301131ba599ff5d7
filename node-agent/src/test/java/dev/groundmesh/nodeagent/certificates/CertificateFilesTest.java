package dev.groundmesh.nodeagent.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.tls.WorkloadIdentity;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateFilesTest {
  private static final SpiffeId WEB = new SpiffeId("cluster.local", "shop", "web");

  @TempDir private Path folder = Path.of(".");

  private CertificateFiles files() {
    return new CertificateFiles(folder.resolve("certificates"));
  }

  private Path only() throws IOException {
    try (var list = Files.list(folder.resolve("certificates"))) {
      List<Path> all = list.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  private static WorkloadIdentity identity() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair keys = generator.generateKeyPair();
    X500Principal name = new X500Principal("O=test");
    Instant now = Instant.now();
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.TWO,
                        Date.from(now),
                        Date.from(now.plusSeconds(3600)),
                        name,
                        keys.getPublic())
                    .build(
                        new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    return new WorkloadIdentity(
        WEB, keys.getPrivate(), List.of(certificate), List.of(certificate, certificate));
  }

  @Test
  void whatIsKeptIsFoundByALaterProcess() throws Exception {
    WorkloadIdentity workload = identity();
    files().keep(workload);

    assertThat(files().kept(WEB)).isEqualTo(workload);
  }

  @Test
  void onlyItsOwnerReadsAKey() throws Exception {
    files().keep(identity());

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(only())))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("certificates"))))
        .isEqualTo("rwx------");
  }

  @Test
  void keyIsGoneOnceForgotten() throws Exception {
    files().keep(identity());
    files().forget(WEB);

    assertThat(files().kept(WEB)).isNull();
    try (var list = Files.list(folder.resolve("certificates"))) {
      assertThat(list).isEmpty();
    }
  }

  @Test
  void everyTruncationIsAsGoodAsNothing() throws Exception {
    files().keep(identity());
    String whole = Files.readString(only());
    for (int length = 0; length < whole.length() - 40; length += 37) {
      Files.writeString(only(), whole.substring(0, length));
      WorkloadIdentity kept = files().kept(WEB);
      if (kept != null) {
        assertThat(kept.chain()).hasSize(1);
        assertThat(kept.roots()).isNotEmpty();
      }
    }
  }

  @Test
  void fileOfAnotherIdentityIsNotTaken() throws Exception {
    files().keep(identity());
    Files.writeString(only(), Files.readString(only()).replace("sa/web", "sa/root"));

    assertThat(files().kept(WEB)).isNull();
  }

  @Test
  void folderThatCannotBeWrittenCostsTheCopyAlone() throws Exception {
    Files.writeString(folder.resolve("certificates"), "a file is in the way");

    files().keep(identity());

    assertThat(files().kept(WEB)).isNull();
  }
}
