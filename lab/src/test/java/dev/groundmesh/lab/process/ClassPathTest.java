package dev.groundmesh.lab.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathTest {
  @Test
  void classDirectoriesArePackedIntoJars(@TempDir Path temporary) throws Exception {
    Path classes = Files.createDirectories(temporary.resolve("classes/a"));
    Files.writeString(classes.resolve("file.txt"), "content");

    ClassPath packed = new ClassPath(List.of(temporary.resolve("classes"))).packed(temporary);

    try (var jar = new JarFile(packed.entries().getFirst().toFile())) {
      assertThat(jar.getInputStream(jar.getEntry("a/file.txt"))).hasContent("content");
    }
  }

  @Test
  void jarsStayAsTheyAre(@TempDir Path temporary) throws Exception {
    Path jar = Files.createFile(temporary.resolve("some.jar"));

    assertThat(new ClassPath(List.of(jar)).packed(temporary).entries()).containsExactly(jar);
  }

  @Test
  void thisJvmRunsWithThisClass() {
    assertThat(ClassPath.ofThisJvm().entries()).anyMatch(entry -> entry.endsWith("target/classes"));
  }
}
