package dev.groundmesh.controller.auth;

/** Tells who a bearer token speaks for. Thread-safe. */
@FunctionalInterface
public interface TokenAuthenticator {

  /**
   * Never blocks.
   *
   * @param answer called once, on this thread or another
   */
  void authenticate(String token, Answer answer);

  /** Hears who it is, or why that cannot be told. */
  interface Answer {

    void known(Caller caller);

    void refused(AuthenticationException reason);
  }
}
