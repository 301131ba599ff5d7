package dev.groundmesh.tunnel.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which certificates were revoked, from a file of PEM or DER certificate revocation lists (RFC
 * 5280).
 *
 * <p>Fails open: a certificate whose issuer has no list here is not revoked, and so is one whose
 * issuer did not sign the list that bears its name. A list past its next update still counts. Safe
 * for use by any thread.
 */
public final class Revocations {
  private static final Logger logger = LoggerFactory.getLogger(Revocations.class);

  private final @Nullable Path file;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile List<RevocationList> lists = List.of();
  private byte[] lastRead = new byte[0];

  private Revocations(@Nullable Path file) {
    this.file = file;
  }

  /** Nothing is revoked. */
  public static Revocations none() {
    return new Revocations(null);
  }

  /**
   * Reads the file; one that is missing or unreadable revokes nothing until {@link #reload()} finds
   * it well.
   *
   * @param file one or more lists, in PEM one after the other
   */
  public static Revocations ofFile(Path file) {
    Revocations revocations = new Revocations(file);
    revocations.reload();
    return revocations;
  }

  /** Whether the peer's certificate or one of its issuers' is revoked. Never blocks on I/O. */
  public boolean isRevoked(TlsPeer peer) {
    List<RevocationList> current = lists;
    if (current.isEmpty()) {
      return false;
    }
    for (TlsPeer.Issued certificate : peer.path()) {
      for (RevocationList list : current) {
        if (list.revokes(certificate)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether there is any list; without one no connection needs to be looked at again. */
  public boolean isEmpty() {
    return lists.isEmpty();
  }

  /**
   * Calls the listener, on the thread of {@link #reload()}, after each change, to cut who is
   * revoked now.
   */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /**
   * Reads the file again. A file that cannot be read leaves in force what was read last. Blocks on
   * I/O, so it is not for event loops; the owner calls it every few seconds.
   *
   * @return whether anything changed
   */
  public synchronized boolean reload() {
    if (file == null) {
      return false;
    }
    byte[] content;
    try {
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      if (lastRead.length > 0) {
        logger.warn("revocation list {}: gone, the last one stays in force", file);
        lastRead = new byte[0];
      }
      return false;
    } catch (IOException e) {
      logger.warn("revocation list {}: {}, the last one stays in force", file, e.toString());
      return false;
    }
    if (Arrays.equals(content, lastRead)) {
      return false;
    }
    lastRead = content;
    List<RevocationList> read;
    try {
      read = parse(content);
    } catch (GeneralSecurityException | RuntimeException e) {
      logger.warn(
          "revocation list {}: {} (expected: X.509 CRLs in PEM or DER), the last one stays in force",
          file,
          e.getMessage());
      return false;
    }
    lists = read;
    logger.info("revocation list {}: {} issuers", file, read.size());
    for (Runnable listener : listeners) {
      listener.run();
    }
    return true;
  }

  private static List<RevocationList> parse(byte[] content) throws GeneralSecurityException {
    List<RevocationList> lists = new ArrayList<>();
    for (CRL crl :
        CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(content))) {
      if (crl instanceof X509CRL x509) {
        lists.add(new RevocationList(x509));
      }
    }
    return List.copyOf(lists);
  }

  /** One issuer's list, and whose key has been seen to fit its signature. */
  private static final class RevocationList {
    private final X509CRL crl;
    private final Map<PublicKey, Boolean> signedBy = new ConcurrentHashMap<>();

    RevocationList(X509CRL crl) {
      this.crl = crl;
    }

    boolean revokes(TlsPeer.Issued certificate) {
      return crl.getIssuerX500Principal().equals(certificate.issuer())
          && crl.getRevokedCertificate(certificate.serialNumber()) != null
          && signedBy.computeIfAbsent(certificate.issuerKey(), this::isSignedBy);
    }

    private boolean isSignedBy(PublicKey key) {
      try {
        crl.verify(key);
        return true;
      } catch (GeneralSecurityException e) {
        logger.warn(
            "revocation list of {}: {}, not used for certificates of that key",
            crl.getIssuerX500Principal(),
            e.getMessage());
        return false;
      }
    }
  }
}
