package dev.groundmesh.daemonset.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedLibrariesTest {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir private Path folder;

  @Test
  void aProgramNamesItsLoaderAndItsLibraries() throws IOException {
    ElfFile java = ElfFile.read(JAVA).orElseThrow();

    assertThat(java.interpreter()).isPresent();
    assertThat(java.needed()).contains("libjli.so", "libc.so.6");
    assertThat(java.runPath()).isNotEmpty();
  }

  @Test
  void aTextIsNoElfFile() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "x".repeat(200));

    assertThat(ElfFile.read(text)).isEmpty();
  }

  @Test
  void aFileThatIsCutOffIsAnError() throws IOException {
    Path cut = folder.resolve("cut");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(JAVA), 100));

    assertThatThrownBy(() -> ElfFile.read(cut)).isInstanceOf(IOException.class);
  }

  @Test
  void whatTheLibrariesNeedIsFoundToo() throws IOException {
    Path jli = JAVA.resolve("../../lib/libjli.so").normalize();

    assertThat(SharedLibraries.ofThisMachine().neededBy(List.of(JAVA), List.of(jli)))
        .containsKey(ElfFile.read(JAVA).orElseThrow().interpreter().orElseThrow())
        .anySatisfy((path, file) -> assertThat(path).endsWith("libc.so.6"))
        .noneSatisfy((path, file) -> assertThat(path).endsWith("libjli.so"));
  }

  @Test
  void aMissingLibraryIsNamedWithWhoNeedsIt() {
    assertThatThrownBy(
            () -> new SharedLibraries(List.of(folder)).neededBy(List.of(JAVA), List.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not found")
        .hasMessageContaining(JAVA.toString());
  }
}
