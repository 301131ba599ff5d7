package dev.groundmesh.nodeagent.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.nodeagent.kernel.FilePages.Mapping;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilePagesTest {
  private static List<String> mapping(String permissions, String path, int anonymous) {
    return List.of(
        "7f0000000000-7f0000002000 " + permissions + " 00000000 08:01 42   " + path,
        "Size:                  8 kB",
        "Rss:                   8 kB",
        "Anonymous:             " + anonymous + " kB",
        "VmFlags: rd mr mw me");
  }

  @Test
  void aFileThatIsOnlyReadIsLetGoOf() {
    assertThat(FilePages.clean(mapping("r-xp", "/lib/a.so", 0)))
        .containsExactly(new Mapping(0x7f0000000000L, 0x7f0000002000L, 8));
  }

  @Test
  void pagesOfTheProcessItselfAreKept() {
    assertThat(FilePages.clean(mapping("r--p", "/lib/a.so", 4))).isEmpty();
  }

  @Test
  void whatCanBeWrittenIsKept() {
    assertThat(FilePages.clean(mapping("rw-p", "/lib/a.so", 0))).isEmpty();
  }

  @Test
  void whatIsSharedIsKeptForItMayBeARingBuffer() {
    assertThat(FilePages.clean(mapping("r--s", "anon_inode:bpf-map", 0))).isEmpty();
  }

  @Test
  void memoryWithoutAFileIsKept() {
    assertThat(FilePages.clean(mapping("r--p", "", 0))).isEmpty();
  }

  @Test
  void theProcessRunsOnWithoutThem() throws IOException {
    assertThat(FilePages.letGo()).isPositive();
    assertThat(FilePages.letGo()).isNotNegative();
  }
}
