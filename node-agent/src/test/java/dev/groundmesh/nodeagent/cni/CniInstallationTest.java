package dev.groundmesh.nodeagent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.nodeagent.config.CniConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CniInstallationTest {
  private static final String LIST =
      """
      {"cniVersion": "0.4.0", "name": "net", "disableCheck": true, "plugins": [
        {"type": "bridge", "mtu": 1500, "ipam": {"type": "host-local", "big": 12345678901234567890}}]}
      """;
  private static final String SINGLE =
      "{\"cniVersion\": \"0.3.1\", \"name\": \"net\", \"type\": \"bridge\", \"mtu\": 1400}";

  @TempDir Path node;
  private Path binaries;
  private Path configurations;
  private Path program;
  private CniInstallation installation;

  @BeforeEach
  void node() throws IOException {
    binaries = Files.createDirectory(node.resolve("bin"));
    configurations = Files.createDirectory(node.resolve("net.d"));
    program = Files.writeString(node.resolve("groundmesh-cni"), "program");
    installation = installation(Set.of("kube-system", "istio-system"));
  }

  private CniInstallation installation(Set<String> excluded) {
    return new CniInstallation(
        new CniConfig(
            node.resolve("run"),
            Optional.of(program),
            Optional.of(binaries),
            Optional.of(configurations),
            excluded));
  }

  private String configuration(String name) throws IOException {
    return Files.readString(configurations.resolve(name));
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(configurations.resolve(name), text);
  }

  @Test
  void theProgramIsInstalledExecutable() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();

    assertThat(binaries.resolve("groundmesh-cni")).hasContent("program").isExecutable();
    assertThat(binaries).isDirectoryNotContaining("glob:**groundmesh-new");
  }

  @Test
  void aNewVersionOfTheProgramTakesThePlaceOfTheOld() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();
    Files.writeString(program, "another");
    installation(Set.of()).ensure();

    assertThat(binaries.resolve("groundmesh-cni")).hasContent("another");
  }

  @Test
  void aProgramThatWasTakenAwayComesBack() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();
    Files.delete(binaries.resolve("groundmesh-cni"));
    installation.ensure();

    assertThat(binaries.resolve("groundmesh-cni")).exists();
  }

  @Test
  void thePluginComesLastInTheFirstListAndTheRestStaysAsItIs() throws IOException {
    write("10-net.conflist", LIST);
    write("20-other.conflist", LIST);
    installation.ensure();

    assertThat(configuration("10-net.conflist"))
        .contains("\"disableCheck\": true", "12345678901234567890")
        .containsSubsequence("\"type\": \"bridge\"", "\"type\": \"groundmesh-cni\"")
        .containsSubsequence("excludedNamespaces", "istio-system", "kube-system");
    assertThat(configuration("20-other.conflist")).isEqualTo(LIST);
  }

  @Test
  void aListIsWrittenOnceOnly() throws IOException {
    Path list = write("10-net.conflist", LIST);
    installation.ensure();
    Object key = Files.readAttributes(list, "unix:ino");
    installation.ensure();

    assertThat(Files.readAttributes(list, "unix:ino")).isEqualTo(key);
  }

  @Test
  void theFilesModeStays() throws IOException {
    Path list = write("10-net.conflist", LIST);
    Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-------"));
    installation.ensure();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(list)))
        .isEqualTo("rw-------");
  }

  @Test
  void anotherCniThatWritesItsListAnewIsFollowed() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();
    write("10-net.conflist", LIST.replace("1500", "1450"));
    installation.ensure();

    assertThat(configuration("10-net.conflist")).contains("1450", "groundmesh-cni");
  }

  @Test
  void anotherSettingTakesThePlaceOfTheFormer() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();
    installation(Set.of("kube-system", "mesh")).ensure();

    assertThat(configuration("10-net.conflist")).contains("\"mesh\"").doesNotContain("istio");
    assertThat(configuration("10-net.conflist").split("groundmesh-cni", -1)).hasSize(2);
  }

  @Test
  void aSinglePluginBecomesAListAndIsItselfAgainInTheEnd() throws IOException {
    write("10-net.conf", SINGLE);
    installation.ensure();

    assertThat(configurations.resolve("10-net.conf")).doesNotExist();
    assertThat(configuration("10-net.conflist"))
        .contains("\"cniVersion\": \"0.3.1\"", "\"name\": \"net\"", "\"mtu\": 1400")
        .containsSubsequence("\"type\": \"bridge\"", "\"type\": \"groundmesh-cni\"");
    installation.ensure();
    installation.remove();
    assertThat(configuration("10-net.conf")).isEqualTo(SINGLE);
    assertThat(configurations).isDirectoryNotContaining("glob:**conflist");
  }

  @Test
  void removalLeavesNoTrace() throws IOException {
    write("10-net.conflist", LIST);
    installation.ensure();
    installation.remove();
    installation.remove();

    assertThat(configuration("10-net.conflist")).contains("bridge").doesNotContain("groundmesh");
    assertThat(binaries).isEmptyDirectory();
  }

  @Test
  void aConfigurationThatIsBrokenIsLeftAloneAndFollowedOnceItIsWhole() throws IOException {
    write("10-net.conflist", "{\"plugins\": [");
    installation.ensure();
    assertThat(configuration("10-net.conflist")).isEqualTo("{\"plugins\": [");

    write("10-net.conflist", LIST);
    installation.ensure();
    assertThat(configuration("10-net.conflist")).contains("groundmesh-cni");
  }

  @Test
  void aNodeWhoseCniIsNotThereYetIsWaitedFor() throws IOException {
    installation.ensure();
    write("10-net.conflist", LIST);
    installation.ensure();

    assertThat(configuration("10-net.conflist")).contains("groundmesh-cni");
  }
}
