package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.auth.TokenReviews;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Asks the API server about tokens, by {@code TokenReview}. */
public final class KubernetesTokenReviews implements TokenReviews {

  private final KubernetesClient client;

  public KubernetesTokenReviews(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Review review(String token, String audience) throws IOException {
    TokenReview asked =
        new TokenReviewBuilder()
            .withNewSpec()
            .withToken(token)
            .withAudiences(audience)
            .endSpec()
            .build();
    TokenReviewStatus status;
    try {
      status = client.resource(asked).create().getStatus();
    } catch (KubernetesClientException e) {
      throw new IOException(ApiServer.reason(e), e);
    }
    if (status == null) {
      throw new IOException("a TokenReview without status");
    }
    if (!Boolean.TRUE.equals(status.getAuthenticated())) {
      return new Review.Refused(status.getError() == null ? "not genuine" : status.getError());
    }
    // An API server that knows nothing of audiences leaves the list empty.
    if (status.getAudiences() == null || !status.getAudiences().contains(audience)) {
      return new Review.Refused("not for the audience " + audience);
    }
    UserInfo user = status.getUser();
    Map<String, List<String>> extra = user.getExtra();
    return new Review.Genuine(user.getUsername(), extra == null ? Map.of() : extra);
  }
}
