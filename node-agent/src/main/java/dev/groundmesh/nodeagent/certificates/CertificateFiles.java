package dev.groundmesh.nodeagent.certificates;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.tls.CertificateKeeper;
import dev.groundmesh.tunnel.tls.WorkloadIdentity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates of this node's pods as files that root alone can read, one an identity: key,
 * chain and roots. A file that cannot be read is as good as none; one that cannot be written leaves
 * the certificate in use and is logged.
 */
public final class CertificateFiles implements CertificateKeeper {
  private static final Logger log = LoggerFactory.getLogger(CertificateFiles.class);
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> OWNER_ONLY_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final String KEY = "PRIVATE KEY";
  private static final String CHAIN = "CERTIFICATE";
  private static final String ROOT = "TRUSTED CERTIFICATE";

  private final Path folder;

  /** Keeps the files in {@code folder}, which is made when there is something to keep. */
  public CertificateFiles(Path folder) {
    this.folder = folder;
  }

  @Override
  public @Nullable WorkloadIdentity kept(SpiffeId id) {
    Path file = file(id);
    try {
      return parse(id, Files.readString(file));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      log.warn("{}: the kept certificate of {} cannot be used: {}", file, id, e.toString());
      return null;
    }
  }

  @Override
  public void keep(WorkloadIdentity workload) {
    Path file = file(workload.id());
    try {
      Files.createDirectories(folder, OWNER_ONLY_FOLDER);
      Path written = Files.createTempFile(folder, "certificate", ".new", OWNER_ONLY);
      try {
        Files.writeString(written, text(workload), StandardOpenOption.SYNC);
        Files.move(
            written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException | GeneralSecurityException e) {
      log.warn("{}: the certificate of {} is not kept: {}", file, workload.id(), e.toString());
    }
  }

  @Override
  public void forget(SpiffeId id) {
    try {
      Files.deleteIfExists(file(id));
    } catch (IOException e) {
      log.warn("{}: the key of {} cannot be removed: {}", file(id), id, e.toString());
    }
  }

  /** A name for every identity, whatever characters it has. */
  private Path file(SpiffeId id) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(id.toString().getBytes(StandardCharsets.UTF_8));
      return folder.resolve(HexFormat.of().formatHex(digest) + ".pem");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String text(WorkloadIdentity workload) throws GeneralSecurityException {
    StringBuilder text = new StringBuilder(workload.id() + "\n");
    block(text, KEY, workload.key().getEncoded());
    for (X509Certificate certificate : workload.chain()) {
      block(text, CHAIN, certificate.getEncoded());
    }
    for (X509Certificate certificate : workload.roots()) {
      block(text, ROOT, certificate.getEncoded());
    }
    return text.toString();
  }

  private static void block(StringBuilder text, String name, byte[] bytes) {
    text.append("-----BEGIN ").append(name).append("-----\n");
    text.append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes));
    text.append("\n-----END ").append(name).append("-----\n");
  }

  private static WorkloadIdentity parse(SpiffeId id, String text) throws GeneralSecurityException {
    if (!text.startsWith(id + "\n")) {
      throw new IllegalArgumentException("first line (expected: " + id + ")");
    }
    List<byte[]> keys = blocks(text, KEY);
    if (keys.size() != 1) {
      throw new IllegalArgumentException("keys: " + keys.size() + " (expected: 1)");
    }
    return new WorkloadIdentity(
        id,
        KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(keys.getFirst())),
        certificates(blocks(text, CHAIN)),
        certificates(blocks(text, ROOT)));
  }

  private static List<X509Certificate> certificates(List<byte[]> encoded)
      throws GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    for (byte[] bytes : encoded) {
      Certificate certificate = factory.generateCertificate(new ByteArrayInputStream(bytes));
      certificates.add((X509Certificate) certificate);
    }
    return certificates;
  }

  private static List<byte[]> blocks(String text, String name) {
    String begin = "-----BEGIN " + name + "-----\n";
    String end = "-----END " + name + "-----";
    List<byte[]> blocks = new ArrayList<>();
    for (int at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1)) {
      int stop = text.indexOf(end, at);
      if (stop < 0) {
        throw new IllegalArgumentException(name + ": not ended (expected: " + end + ")");
      }
      blocks.add(Base64.getMimeDecoder().decode(text.substring(at + begin.length(), stop)));
    }
    return blocks;
  }
}
