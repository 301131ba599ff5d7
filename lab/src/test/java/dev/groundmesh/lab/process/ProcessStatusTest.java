package dev.groundmesh.lab.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessStatusTest {
  @Test
  void kibibytesOfTheKernelBecomeBytes() {
    assertThat(
            ProcessStatus.parse(
                "Name:\tjava\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\nRssAnon:\t    512 kB\nThreads:\t7\n"))
        .isEqualTo(new ProcessStatus(1 << 20, 2 << 20, 512 << 10, 7));
  }

  @Test
  void thisProcessHasAStatus() {
    assertThat(ProcessStatus.of(ProcessHandle.current().pid()).rssBytes()).isPositive();
  }
}
