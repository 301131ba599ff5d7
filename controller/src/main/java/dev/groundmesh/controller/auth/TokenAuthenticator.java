package dev.groundmesh.controller.auth;

/** Tells who a bearer token speaks for. */
@FunctionalInterface
public interface TokenAuthenticator {

  /**
   * May block, so never called on an event loop.
   *
   * @throws AuthenticationException if the token does not prove who the caller is
   */
  Caller authenticate(String token) throws AuthenticationException;
}
