package dev.groundmesh.lab.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathTest {
  @Test
  void theJarsOfAFolderAreTakenInTheOrderOfTheirNames(@TempDir Path folder) throws Exception {
    for (String name : new String[] {"b.jar", "a.jar", "notes.txt"}) {
      Files.createFile(folder.resolve(name));
    }

    assertThat(ClassPath.ofJars(folder).entries())
        .containsExactly(folder.resolve("a.jar"), folder.resolve("b.jar"));
  }

  @Test
  void thisJvmRunsWithThisClass() {
    assertThat(ClassPath.ofThisJvm().entries()).anyMatch(entry -> entry.endsWith("target/classes"));
  }
}
