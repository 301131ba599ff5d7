package dev.groundmesh.groundctl.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestFilesTest {
  @TempDir private Path folder = Path.of(".");

  @Test
  void folderIsReadWithAllBelowIt() throws Exception {
    Files.createDirectories(folder.resolve("below"));
    Files.writeString(
        folder.resolve("a.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: a}}");
    Files.writeString(
        folder.resolve("below/b.json"),
        "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"b\"}}");
    Files.writeString(folder.resolve("notes.txt"), "not a manifest");

    ManifestFiles.Contents contents = ManifestFiles.read(List.of(folder), "default");

    assertThat(contents.objects())
        .extracting(object -> object.ref().name())
        .containsExactly("a", "b");
  }

  @Test
  void brokenYamlIsNamedWithItsPlaceAndWhatCameBeforeIsKept() {
    ManifestFiles.Contents contents =
        ManifestFiles.read(
            "m.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nkind: [\n",
            "default");

    assertThat(contents.objects()).hasSize(1);
    assertThat(contents.unreadable()).hasSize(1);
    assertThat(contents.unreadable().getFirst().place().orElseThrow().toString())
        .startsWith("m.yaml:6:");
  }

  @Test
  void itemsOfAListAreObjectsWithTheirOwnPlaces() {
    ManifestFiles.Contents contents =
        ManifestFiles.read(
            "m.yaml",
            """
            apiVersion: v1
            kind: List
            items:
              - apiVersion: v1
                kind: Namespace
                metadata:
                  name: a
                  labels: {x.y/z: "1"}
            """,
            "default");

    assertThat(contents.objects().getFirst().positions().orElseThrow().of("metadata.labels[x.y/z]"))
        .hasToString("m.yaml:8:23");
  }

  @Test
  void fieldThatIsNotThereHasThePlaceOfWhatHoldsIt() {
    ManifestFiles.Contents contents =
        ManifestFiles.read(
            "m.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  x: 1\n", "d");

    assertThat(contents.objects().getFirst().positions().orElseThrow().of("spec.ports[0].name"))
        .hasToString("m.yaml:5:3");
  }

  @Test
  void objectWithoutNamespaceGoesToTheDefaultOneUnlessItHasNone() {
    ManifestFiles.Contents contents =
        ManifestFiles.read(
            "m.yaml",
            "{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n"
                + "{apiVersion: v1, kind: Namespace, metadata: {name: b}}",
            "shop");

    assertThat(contents.objects())
        .extracting(object -> object.ref().toString())
        .containsExactly("Service shop/a", "Namespace b");
  }

  @Test
  void documentThatIsNoObjectIsNamed() {
    ManifestFiles.Contents contents = ManifestFiles.read("m.yaml", "just text", "default");

    assertThat(contents.unreadable().getFirst().expected())
        .isEqualTo("an object with apiVersion, kind and metadata");
  }
}
