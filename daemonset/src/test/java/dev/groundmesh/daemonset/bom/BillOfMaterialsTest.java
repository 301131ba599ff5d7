package dev.groundmesh.daemonset.bom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.groundmesh.daemonset.image.Content;
import dev.groundmesh.daemonset.runtime.Jars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BillOfMaterialsTest {
  private static final Instant TIME = Instant.parse("2026-11-20T00:00:00Z");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"node-agent", "controller"})
  void everyJarOfAProgramHasALicence(String module) throws IOException {
    Jars jars = Jars.in(Path.of("..", module, "target", "lib"));
    var bill = new BillOfMaterials();
    for (Path jar : jars.libraries()) {
      bill.addLibrary(jar);
    }

    JsonNode list = read(bill.list("groundmesh/" + module, "1", TIME));
    assertThat(list.path("components")).hasSameSizeAs(jars.libraries());
    assertThat(list.path("components"))
        .allSatisfy(
            component -> assertThat(component.at("/licenses/0/expression").asText()).isNotEmpty());
  }

  @Test
  void aJarOfUnknownLicenceIsRefused() throws IOException {
    Path jar = Files.writeString(folder.resolve("left-pad-1.0.jar"), "");

    assertThatThrownBy(() -> new BillOfMaterials().addLibrary(jar))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("left-pad-1.0.jar: no licence known");
  }

  @Test
  void aSystemLibraryIsListedByItsPackageWithItsLicenceText() throws IOException {
    var bill = new BillOfMaterials();
    bill.addSystemLibrary(Path.of("/lib/x86_64-linux-gnu/libz.so.1"));

    JsonNode component = read(bill.list("groundmesh/agent", "1", TIME)).path("components").path(0);
    assertThat(component.path("name").asText()).isEqualTo("zlib1g");
    assertThat(component.path("purl").asText()).startsWith("pkg:deb/debian/zlib1g@");
    assertThat(bill.licences()).containsKey("zlib1g.copyright");
  }

  private static JsonNode read(Content list) throws IOException {
    try (var in = list.open()) {
      return new JsonMapper().readTree(in);
    }
  }
}
