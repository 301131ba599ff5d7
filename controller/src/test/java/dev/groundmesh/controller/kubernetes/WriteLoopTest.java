package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.Await;
import dev.groundmesh.controller.leader.SoleReplica;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.thread.Threads;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteLoopTest {
  private static final ObjectKey FIRST = new ObjectKey(Kind.POD, "shop", "first");
  private static final ObjectKey SECOND = new ObjectKey(Kind.POD, "shop", "second");

  private final PendingKeys pending = new PendingKeys(new SoleReplica());
  private final List<ObjectKey> writes = new CopyOnWriteArrayList<>();
  private final List<String> unwritten = new CopyOnWriteArrayList<>();
  private volatile int answer;
  private final Thread thread =
      new Thread(new WriteLoop("status", pending, this::write, unwritten::add));

  @AfterEach
  void stop() {
    Threads.end(thread);
  }

  @Test
  void whatAnotherHasChangedMeanwhileIsWrittenAgainAndIsNoFailure() {
    firstIsAnswered(ApiException.CONFLICT);

    Await.until(() -> writes.equals(List.of(FIRST, SECOND, FIRST)));
    assertThat(unwritten).isEmpty();
  }

  @Test
  void whatIsRefusedHoldsUpNoOther() {
    firstIsAnswered(403);

    Await.until(() -> writes.equals(List.of(FIRST, SECOND)));
    assertThat(unwritten).containsExactly("refused");
  }

  @Test
  void whatIsGoneIsNotWrittenAgain() {
    firstIsAnswered(ApiException.NOT_FOUND);

    Await.until(() -> writes.equals(List.of(FIRST, SECOND)));
    assertThat(pending.size()).isZero();
    assertThat(unwritten).isEmpty();
  }

  @Test
  void aServerThatFailsIsWrittenToAgain() {
    firstIsAnswered(500);

    Await.until(() -> writes.equals(List.of(FIRST, SECOND, FIRST)));
    assertThat(unwritten).containsExactly("failed");
  }

  private void firstIsAnswered(int code) {
    answer = code;
    pending.addAll(List.of(FIRST, SECOND));
    thread.start();
  }

  private void write(ObjectKey key) throws IOException {
    writes.add(key);
    if (writes.size() == 1) {
      throw new ApiException("PATCH /status", answer, "no");
    }
  }
}
