package dev.groundmesh.controller.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class StatusFolderTest {

  private static final ObjectStatus STATUS =
      new ObjectStatus(
          "AuthorizationPolicy",
          "shop",
          "a",
          "00ff",
          "",
          0,
          List.of(new Condition("ZtunnelAccepted", true, "Accepted", "a \"quoted\"\n\\ ü")),
          List.of("240.240.0.1"));

  @TempDir Path folder;

  @Test
  void aStatusIsYamlBesideTheManifests() throws IOException {
    new StatusFolder(folder).statuses(List.of(STATUS), List.of());

    String text = Files.readString(folder.resolve(".status/AuthorizationPolicy/shop/a.yaml"));
    Object parsed = new Load(LoadSettings.builder().build()).loadFromString(text);
    assertThat(parsed.toString())
        .contains("observedContent=00ff", "message=a \"quoted\"\n\\ ü", "value=240.240.0.1");
  }

  @Test
  void anUnchangedStatusIsNotWrittenAgain() throws IOException {
    StatusFolder statuses = new StatusFolder(folder);
    statuses.statuses(List.of(STATUS), List.of());
    Path file = folder.resolve(".status/AuthorizationPolicy/shop/a.yaml");
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));

    statuses.statuses(List.of(STATUS), List.of());

    assertThat(Files.getLastModifiedTime(file)).isEqualTo(FileTime.fromMillis(0));
  }

  @Test
  void aStatusThatIsNoMoreIsDeletedWithThoseOfFormerRuns() throws IOException {
    Path stale = Files.createDirectories(folder.resolve(".status/Service/shop")).resolve("b.yaml");
    Files.writeString(stale, "kind: Service\n");
    StatusFolder statuses = new StatusFolder(folder);

    statuses.statuses(List.of(STATUS), List.of());
    assertThat(stale).doesNotExist();
    statuses.statuses(List.of(), List.of(STATUS));
    assertThat(folder.resolve(".status/AuthorizationPolicy/shop/a.yaml")).doesNotExist();
  }

  @Test
  void aDiskThatFailsCostsStatusesOnly() throws IOException {
    Files.writeString(folder.resolve(".status"), "in the way");

    new StatusFolder(folder).statuses(List.of(STATUS), List.of());

    assertThat(folder.resolve(".status")).hasContent("in the way");
  }
}
