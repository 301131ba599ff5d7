package dev.groundmesh.controller.xds;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyncAdmissionTest {
  private static final int PERMITS = 2;

  /** So many may be late for each that sends. */
  private static final int LATE = 8 * PERMITS;

  private final SyncAdmission admission = new SyncAdmission(PERMITS);

  private final class Stream implements SyncAdmission.Candidate {
    private final SyncAdmission.Permit permit;
    private boolean granted;
    private boolean silent = true;
    private boolean crowdedOut;

    Stream() {
      permit = admission.enter(this);
    }

    @Override
    public void granted() {
      granted = true;
    }

    @Override
    public boolean isSilent() {
      return silent;
    }

    @Override
    public void crowdedOut() {
      crowdedOut = true;
    }
  }

  private List<Stream> enter(int count) {
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      streams.add(new Stream());
    }
    return streams;
  }

  /** As many as may have given up, and after them those who hold the places now. */
  private List<Stream> fillWithLate() {
    List<Stream> streams = enter(LATE + PERMITS);
    streams.subList(0, LATE).forEach(stream -> assertThat(stream.permit.giveUp()).isTrue());
    return streams;
  }

  @Test
  void whoeverIsDoneLetsTheNextBegin() {
    List<Stream> streams = enter(PERMITS + 1);
    assertThat(streams.getLast().granted).isFalse();

    streams.getFirst().permit.release();

    assertThat(streams.getLast().granted).isTrue();
  }

  @Test
  void aSilentStreamLetsTheNextBegin() {
    List<Stream> streams = enter(PERMITS + 1);

    assertThat(streams.getFirst().permit.giveUp()).isTrue();

    assertThat(streams.getLast().granted).isTrue();
    assertThat(streams.getFirst().crowdedOut).isFalse();
  }

  @Test
  void ofManySilentStreamsTheFirstIsEndedForTheNext() {
    List<Stream> streams = fillWithLate();
    streams.getFirst().silent = false;
    Stream next = new Stream();

    assertThat(streams.getLast().permit.giveUp()).isTrue();

    assertThat(streams.stream().filter(stream -> stream.crowdedOut))
        .containsExactly(streams.get(1));
    assertThat(next.granted).isTrue();
  }

  @Test
  void whereTheLateOnesSpeakNoneGivesUpUntilOneIsDone() {
    List<Stream> streams = fillWithLate();
    streams.forEach(stream -> stream.silent = false);
    Stream next = new Stream();

    assertThat(streams.getLast().permit.giveUp()).isFalse();
    assertThat(next.granted).isFalse();

    streams.getFirst().permit.release();
    assertThat(streams.getLast().permit.giveUp()).isTrue();
    assertThat(next.granted).isTrue();
  }
}
