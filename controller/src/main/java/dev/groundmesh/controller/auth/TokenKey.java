package dev.groundmesh.controller.auth;

import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.jspecify.annotations.Nullable;

/** The key pair that signs the tokens of this mesh, ECDSA P-256, kept in the state directory. */
public final class TokenKey {

  static final String FILE = "token-signing-key.pem";

  private static final String PRIVATE = "PRIVATE KEY";
  private static final String PUBLIC = "PUBLIC KEY";

  private final ECPrivateKey privateKey;
  private final ECPublicKey publicKey;
  private final String id;

  private TokenKey(ECPrivateKey privateKey, ECPublicKey publicKey) throws GeneralSecurityException {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(publicKey.getEncoded());
    this.id = HexFormat.of().formatHex(digest, 0, 8);
  }

  /**
   * The key in the state directory, made at first use.
   *
   * @throws StateException if the file is damaged or cannot be written; it is never replaced, since
   *     every token out there depends on it
   */
  public static TokenKey loadOrCreate(StateDirectory state, SecureRandom random)
      throws StateException {
    Optional<String> pem = state.read(FILE);
    try {
      if (pem.isPresent()) {
        return parse(pem.get());
      }
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair pair = generator.generateKeyPair();
      TokenKey made =
          new TokenKey((ECPrivateKey) pair.getPrivate(), (ECPublicKey) pair.getPublic());
      state.writeSecret(
          FILE,
          pem(PRIVATE, pair.getPrivate().getEncoded())
              + pem(PUBLIC, pair.getPublic().getEncoded()));
      return made;
    } catch (GeneralSecurityException | IOException | ClassCastException e) {
      throw new StateException(
          state.path(FILE),
          "is damaged (expected: the PEM blocks PRIVATE KEY and PUBLIC KEY of one P-256 key);"
              + " restore it, or remove it to make a new key, which voids every token: "
              + e.getMessage(),
          e);
    }
  }

  private static TokenKey parse(String pem) throws GeneralSecurityException, IOException {
    KeyFactory keys = KeyFactory.getInstance("EC");
    @Nullable ECPrivateKey privateKey = null;
    @Nullable ECPublicKey publicKey = null;
    try (PemReader reader = new PemReader(new StringReader(pem))) {
      for (PemObject block = reader.readPemObject();
          block != null;
          block = reader.readPemObject()) {
        switch (block.getType()) {
          case PRIVATE ->
              privateKey =
                  (ECPrivateKey) keys.generatePrivate(new PKCS8EncodedKeySpec(block.getContent()));
          case PUBLIC ->
              publicKey =
                  (ECPublicKey) keys.generatePublic(new X509EncodedKeySpec(block.getContent()));
          default -> throw new IOException("block: " + block.getType());
        }
      }
    }
    if (privateKey == null || publicKey == null) {
      throw new IOException("a block is missing");
    }
    TokenKey key = new TokenKey(privateKey, publicKey);
    byte[] probe = "probe".getBytes(StandardCharsets.UTF_8);
    if (!key.verifies(probe, key.sign(probe))) {
      throw new IOException("the two keys do not belong together");
    }
    return key;
  }

  private static String pem(String type, byte[] content) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
  }

  /** Identifies the key in a token's header. */
  String id() {
    return id;
  }

  /** JWS form, RFC 7518 section 3.4: R and S, 32 bytes each. */
  byte[] sign(byte[] content) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(privateKey);
    signature.update(content);
    return signature.sign();
  }

  boolean verifies(byte[] content, byte[] signed) throws GeneralSecurityException {
    if (signed.length != 64) {
      return false;
    }
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initVerify(publicKey);
    signature.update(content);
    return signature.verify(signed);
  }
}
