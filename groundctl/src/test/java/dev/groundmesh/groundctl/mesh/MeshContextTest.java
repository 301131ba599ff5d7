package dev.groundmesh.groundctl.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshContextTest {
  @TempDir private Path folder = Path.of(".");

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    MeshContext context =
        new MeshContext(
            new Endpoint("control", URI.create("http://127.0.0.1:15014")),
            Map.of("node-a", new Endpoint(null, URI.create("http://127.0.0.1:15000"))),
            Path.of("/manifests"));
    Path file = folder.resolve("below/context.json");

    context.write(file);

    assertThat(MeshContext.read(file)).isEqualTo(context);
  }

  @Test
  void brokenFileIsNamedWithWhatIsWrong() throws Exception {
    Path file =
        Files.writeString(folder.resolve("c.json"), "{\"controller\": {\"url\": \"ftp://x\"}}");

    assertThatThrownBy(() -> MeshContext.read(file))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("c.json")
        .hasMessageContaining("ftp://x")
        .hasMessageContaining("expected");
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> MeshContext.read(folder.resolve("none.json")))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("none.json");
  }
}
