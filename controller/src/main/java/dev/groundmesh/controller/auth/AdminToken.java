package dev.groundmesh.controller.auth;

import java.security.SecureRandom;
import java.util.Base64;

/** What the admin endpoint asks for before it changes anything: 256 random bits in base64url. */
public final class AdminToken {
  private static final int BYTES = 32;

  private AdminToken() {}

  public static String make(SecureRandom random) {
    byte[] token = new byte[BYTES];
    random.nextBytes(token);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }
}
