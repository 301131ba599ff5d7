package dev.groundmesh.controller;

import static dev.groundmesh.controller.TestAgent.names;
import static dev.groundmesh.controller.compile.TestResources.uid;
import static dev.groundmesh.meshapi.wire.ResourceType.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.auth.AuthenticationException;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.ReviewedTokens;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.auth.TokenAuthenticator;
import dev.groundmesh.controller.auth.TokenReviews;
import dev.groundmesh.controller.auth.TokenReviews.Review;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.state.StateException;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** While nobody tells who callers are, those who are known already must not notice. */
@Timeout(60)
class UndecidedCallersTest {

  @TempDir Path directory;
  private TestControlPlane control;
  private final ApiServer api = new ApiServer();

  @BeforeEach
  void start() throws Exception {
    control = new TestControlPlane(directory, platform -> new Reviewing(platform, api));
    control.resources.pod("a", "10.0.0.1", "node-1").node("node-2");
    control.serve();
  }

  @AfterEach
  void stop() {
    api.answer.countDown();
    control.close();
  }

  @Test
  void callerIsToldToComeBackAndNotThatItIsAStranger() throws Exception {
    api.down = true;
    assertThat(control.agent("node-1").end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    api.down = false;
    TestAgent again = control.agent("node-1");
    again.subscribe(ADDRESS, Map.of());
    assertThat(names(again.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void standingStreamLivesOn() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    api.down = true;
    assertThat(control.agent("node-2").end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    control.resources.pod("b", "10.0.0.2", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("b"));
  }

  @Test
  void callersThatWaitForAnAnswerHoldNobodyUp() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    api.slow = true;
    for (int i = 0; i < 20; i++) {
      // Each has a token of its own, so that none is remembered.
      new TestAgent(control.channel(), control.agentToken("node-" + (100 + i)));
    }
    control.resources.pod("b", "10.0.0.2", "node-1").publish();
    assertThat(names(agent.nextAcked())).containsExactly(uid("b"));
  }

  @Test
  void messagesSentBeforeTheAnswerAreNotLost() throws Exception {
    api.slow = true;
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    Thread.sleep(50);
    assertThat(agent.hasResponse()).isFalse();
    api.answer.countDown();
    assertThat(names(agent.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void callerThatLeavesBeforeTheAnswerIsForgotten() throws Exception {
    api.slow = true;
    TestAgent agent = control.agent("node-1");
    agent.cut();
    agent.end();
    api.answer.countDown();
    TestAgent other = control.agent("node-2");
    other.subscribe(ADDRESS, Map.of());
    other.nextAcked();
    assertThat(control.controlPlane.discovery().connected()).isEqualTo(1);
  }

  /** Knows the tokens of the test's own key. */
  private static final class ApiServer {
    final CountDownLatch answer = new CountDownLatch(1);
    volatile boolean down;
    volatile boolean slow;
    volatile @Nullable SignedTokens key;

    Review review(String token, String audience) throws IOException {
      if (down) {
        throw new IOException("connection refused");
      }
      try {
        if (slow) {
          answer.await();
        }
        Caller caller = Objects.requireNonNull(key).authenticate(token);
        return new Review.Genuine(
            "system:serviceaccount:" + caller.namespace() + ':' + caller.serviceAccount(),
            Map.of(
                "authentication.kubernetes.io/node-name", List.of(String.valueOf(caller.node()))));
      } catch (InterruptedException e) {
        throw new IOException(e);
      } catch (AuthenticationException e) {
        return new Review.Refused(String.valueOf(e.getMessage()));
      }
    }
  }

  private static final class Reviewing implements Platform {
    private final DirectoryPlatform files;
    private final ReviewedTokens tokens;

    Reviewing(DirectoryPlatform files, ApiServer api) {
      this.files = files;
      api.key = files.signedTokens();
      TokenReviews reviews = api::review;
      tokens = new ReviewedTokens(reviews, Clock.systemUTC(), new MetricRegistry(), 2, 100);
    }

    @Override
    public CertificateAuthority authority() {
      return files.authority();
    }

    @Override
    public TokenAuthenticator tokens() {
      return tokens;
    }

    @Override
    public String adminToken() throws StateException {
      return files.adminToken();
    }

    @Override
    public void upkeep(CompiledResources newest) throws StateException {
      files.upkeep(newest);
    }

    @Override
    public void handOutRoots() throws StateException {
      files.handOutRoots();
    }

    @Override
    public CompletionStage<Boolean> agentsLeave() {
      return files.agentsLeave();
    }

    @Override
    public void close() {
      tokens.close();
      files.close();
    }
  }
}
