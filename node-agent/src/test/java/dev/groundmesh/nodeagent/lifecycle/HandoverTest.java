package dev.groundmesh.nodeagent.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandoverTest {
  private static final class Steps implements Handover.Predecessor {
    private final BlockingQueue<String> taken = new LinkedBlockingQueue<>();

    @Override
    public void suspend() {
      taken.add("suspend");
    }

    @Override
    public void resume() {
      taken.add("resume");
    }

    @Override
    public void retire() {
      taken.add("retire");
    }

    private String next() throws InterruptedException {
      return String.valueOf(taken.poll(10, TimeUnit.SECONDS));
    }
  }

  @TempDir Path directory;

  private Path socket() {
    return directory.resolve("handover.sock");
  }

  @Test
  void firstAgentHasNoPredecessor() {
    try (Handover handover = new Handover(socket())) {
      assertThat(handover.take()).isFalse();
    }
  }

  @Test
  void predecessorSuspendsBeforeTheSuccessorTakesAndRetiresWhenItServes() throws Exception {
    Steps steps = new Steps();
    try (Handover old = new Handover(socket());
        Handover successor = new Handover(socket())) {
      old.listen(steps);
      assertThat(successor.take()).isTrue();
      assertThat(steps.taken).containsExactly("suspend");
      successor.serving();
      assertThat(steps.taken).containsExactly("suspend", "retire");
    }
  }

  @Test
  void predecessorGoesOnWhenTheSuccessorDiesBeforeItServes() throws Exception {
    Steps steps = new Steps();
    try (Handover old = new Handover(socket())) {
      old.listen(steps);
      try (Handover successor = new Handover(socket())) {
        assertThat(successor.take()).isTrue();
      }
      assertThat(steps.next()).isEqualTo("suspend");
      assertThat(steps.next()).isEqualTo("resume");
      try (Handover second = new Handover(socket())) {
        assertThat(second.take()).isTrue();
      }
    }
  }

  @Test
  void socketOfADeadAgentIsNoPredecessor() throws IOException {
    try (Handover dead = new Handover(socket())) {
      dead.listen(new Steps());
    }
    try (Handover successor = new Handover(socket())) {
      assertThat(successor.take()).isFalse();
      successor.listen(new Steps());
    }
  }
}
