package dev.groundmesh.controller.auth;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Someone who knows which tokens are genuine: the Kubernetes API server. */
@FunctionalInterface
public interface TokenReviews {

  /** What is known of a token. */
  sealed interface Review {

    /**
     * It is genuine, alive, and made for the audience.
     *
     * @param username whose it is
     * @param extra what else is known of it, such as the pod that it is bound to
     */
    record Genuine(String username, Map<String, List<String>> extra) implements Review {

      public Genuine {
        extra = Map.copyOf(extra);
      }
    }

    /** It is not. */
    record Refused(String reason) implements Review {}
  }

  /**
   * Asks; blocks for some seconds at most.
   *
   * @throws IOException if there is no answer, which says nothing about the token
   */
  Review review(String token, String audience) throws IOException;
}
