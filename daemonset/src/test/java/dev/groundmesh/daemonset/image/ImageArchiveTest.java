package dev.groundmesh.daemonset.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageArchiveTest {
  private static final Instant TIME = Instant.parse("2026-11-20T00:00:00Z");

  @TempDir private Path folder;

  private static Image image() {
    SortedMap<String, String> environment = new TreeMap<>();
    environment.put("LC_ALL", "C.UTF-8");
    return new Image(
        "groundmesh/agent",
        "1",
        "amd64",
        List.of(
            new FileTree().file("etc/passwd", Content.of("root")).directory("tmp", 01777),
            new FileTree().executable("opt/x/run", Content.of("#!")).link("run", "opt/x/run")),
        "0:0",
        List.of("/opt/x/run"),
        List.of(),
        environment,
        new TreeMap<>());
  }

  private ImageArchive.Result write(String name) throws IOException {
    return ImageArchive.write(image(), folder.resolve(name), folder, TIME);
  }

  private String tar(String... arguments) throws Exception {
    Process process =
        new ProcessBuilder(Stream.concat(Stream.of("tar"), Arrays.stream(arguments)).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    return text;
  }

  @Test
  void theSameImageGivesTheSameBytes() throws Exception {
    write("one.tar");
    write("two.tar");

    assertThat(folder.resolve("one.tar")).hasSameBinaryContentAs(folder.resolve("two.tar"));
  }

  @Test
  void theArchiveIsAnOciLayoutWhoseDigestsHold() throws Exception {
    ImageArchive.Result result = write("image.tar");
    tar("-xf", "image.tar");

    JsonMapper json = new JsonMapper();
    JsonNode index = json.readTree(folder.resolve("index.json").toFile());
    assertThat(index.at("/manifests/0/digest").asText()).isEqualTo(result.digest());
    assertThat(index.at("/manifests/0/annotations/io.containerd.image.name").asText())
        .isEqualTo("docker.io/groundmesh/agent:1");
    JsonNode manifest = json.readTree(blob(result.digest()).toFile());
    for (JsonNode layer : manifest.path("layers")) {
      Path blob = blob(layer.path("digest").asText());
      assertThat("sha256:" + Sha256.of(Content.of(blob))).isEqualTo(layer.path("digest").asText());
      assertThat(Files.size(blob)).isEqualTo(layer.path("size").asLong());
    }
    assertThat(json.readTree(folder.resolve("manifest.json").toFile()).at("/0/RepoTags/0").asText())
        .isEqualTo("groundmesh/agent:1");
  }

  private Path blob(String digest) {
    return folder.resolve("blobs").resolve(digest.replace(':', '/'));
  }

  @Test
  void layersHoldModesLinksAndOneOwner() throws Exception {
    ImageArchive.Result result = write("image.tar");
    tar("-xf", "image.tar");
    JsonNode manifest = new JsonMapper().readTree(blob(result.digest()).toFile());

    String first =
        tar("-tvzf", blob(manifest.at("/layers/0/digest").asText()).toString(), "--numeric-owner");
    String second =
        tar("-tvzf", blob(manifest.at("/layers/1/digest").asText()).toString(), "--numeric-owner");

    assertThat(first.lines()).anyMatch(line -> line.matches("drwxrwxrwt 0/0 .* tmp/"));
    assertThat(first.lines()).anyMatch(line -> line.matches("-rw-r--r-- 0/0 .* etc/passwd"));
    assertThat(second.lines()).anyMatch(line -> line.matches("-rwxr-xr-x 0/0 .* opt/x/run"));
    assertThat(second.lines()).anyMatch(line -> line.endsWith("run -> opt/x/run"));
  }

  @Test
  void aNameThatDoesNotFitIsAnErrorThatNamesIt() {
    String path = "x".repeat(101);
    assertThatThrownBy(
            () -> {
              try (var tar = new TarWriter(new ByteArrayOutputStream(), TIME)) {
                tar.file(path, Content.of(""), 0644);
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(path);
  }
}
