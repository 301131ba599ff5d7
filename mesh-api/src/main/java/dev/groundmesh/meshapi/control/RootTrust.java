package dev.groundmesh.meshapi.control;

import dev.groundmesh.meshapi.tls.EngineTrustManager;
import io.netty.util.NetUtil;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts a server whose certificate is of given roots and names the host that was asked for (RFC
 * 9525: subject alternative names only, a wildcard only as the whole first label).
 *
 * <p>The JDK's own check of names first reads every public authority there is, to look whether a
 * root is among them: a good part of an agent's start, and memory.
 */
final class RootTrust extends EngineTrustManager {
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  private final X509TrustManager chains;

  private RootTrust(X509TrustManager chains) {
    this.chains = chains;
  }

  /**
   * Reads the roots.
   *
   * @param pem at least one certificate
   * @throws IOException if there is none or one cannot be read
   */
  static RootTrust of(byte[] pem) throws IOException {
    try {
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      for (Certificate root :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        roots.setCertificateEntry(Integer.toString(roots.size()), root);
      }
      if (roots.size() == 0) {
        throw new IOException("no certificate");
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(roots);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager chains) {
          return new RootTrust(chains);
        }
      }
      throw new IOException("this Java runtime cannot verify certificates");
    } catch (GeneralSecurityException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    chains.checkServerTrusted(chain, authType);
    String host = engine.getPeerHost();
    if (host == null || !names(chain[0], host)) {
      throw new CertificateException(
          "server certificate: "
              + namesOf(chain[0])
              + " (expected: a certificate for "
              + host
              + ")");
    }
  }

  /** Whether a certificate is one for a host: a name, or an address in the form of URIs. */
  static boolean names(X509Certificate certificate, String host) throws CertificateException {
    byte @Nullable [] address = NetUtil.createByteArrayFromIpAddressString(host);
    String name = host.toLowerCase(Locale.ROOT);
    for (List<?> alternative : namesOf(certificate)) {
      if (!(alternative.get(1) instanceof String value)) {
        continue;
      }
      if (address != null
          ? alternative.get(0).equals(IP_ADDRESS)
              && Arrays.equals(address, NetUtil.createByteArrayFromIpAddressString(value))
          : alternative.get(0).equals(DNS_NAME) && matches(value.toLowerCase(Locale.ROOT), name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String pattern, String name) {
    if (!pattern.startsWith("*.")) {
      return pattern.equals(name);
    }
    int dot = name.indexOf('.');
    // A wildcard for a whole top-level domain would be one for everybody.
    return dot > 0
        && pattern.indexOf('.', 2) > 0
        && name.substring(dot).equals(pattern.substring(1));
  }

  private static Collection<List<?>> namesOf(X509Certificate certificate)
      throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names == null ? List.of() : names;
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return chains.getAcceptedIssuers();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("client certificate: not checked by a client");
  }
}
