package dev.groundmesh.tunnel.tls;

import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The one key and chain of an identity, without a key store: to put a key into a PKCS#12 store and
 * take it out again costs some ten milliseconds of key derivation for each context.
 */
final class IdentityKeyManager extends X509ExtendedKeyManager {
  private static final String ALIAS = "identity";

  private final PrivateKey key;
  private final X509Certificate[] chain;

  private IdentityKeyManager(WorkloadIdentity workload) {
    this.key = workload.key();
    this.chain = workload.chain().toArray(X509Certificate[]::new);
  }

  /**
   * A factory whose native form of key and chain is made once for each context, not for each
   * handshake.
   */
  static KeyManagerFactory factory(WorkloadIdentity workload) {
    IdentityKeyManager manager = new IdentityKeyManager(workload);
    return new OpenSslCachingX509KeyManagerFactory(
        new Factory(
            new KeyManagerFactorySpi() {
              @Override
              protected void engineInit(KeyStore store, char[] password) {}

              @Override
              protected void engineInit(ManagerFactoryParameters parameters) {}

              @Override
              protected KeyManager[] engineGetKeyManagers() {
                return new KeyManager[] {manager};
              }
            }));
  }

  private @Nullable String aliasFor(String keyType) {
    return keyType.equals(key.getAlgorithm()) ? ALIAS : null;
  }

  private @Nullable String aliasFor(String[] keyTypes) {
    for (String keyType : keyTypes) {
      if (keyType.equals(key.getAlgorithm())) {
        return ALIAS;
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return aliasFor(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return aliasFor(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return aliasFor(keyTypes);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return aliasFor(keyType);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return chain.clone();
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key;
  }

  private static final class Factory extends KeyManagerFactory {
    Factory(KeyManagerFactorySpi spi) {
      super(spi, null, "identity");
    }
  }
}
