package dev.groundmesh.nodeagent.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The compilers of this very JVM: there is always one. */
@Tag("netns")
class CompilerThreadsNetnsTest {
  private static final int PRIO_PROCESS = 0;
  private static final int CALLING_THREAD = 0;

  @Test
  void compilersThatWereHeldBackGetTheNiceValueOfTheCaller() throws IOException {
    int own = Libc.getpriority(PRIO_PROCESS, CALLING_THREAD);
    for (int compiler : CompilerThreads.ids()) {
      assertThat(Libc.setpriority(PRIO_PROCESS, compiler, own + 5)).isZero();
    }

    CompilerThreads.comeForward();

    assertThat(CompilerThreads.ids())
        .isNotEmpty()
        .allSatisfy(
            compiler -> assertThat(Libc.getpriority(PRIO_PROCESS, compiler)).isEqualTo(own));
  }
}
