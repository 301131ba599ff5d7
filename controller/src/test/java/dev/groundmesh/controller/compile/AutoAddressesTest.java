package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.IpAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AutoAddressesTest {

  @TempDir Path folder;

  @Test
  void eachHostGetsOneAddressOfEachFamily() {
    AutoAddresses addresses = AutoAddresses.inMemory();

    assertThat(texts(addresses, "a", "x")).containsExactly("240.240.0.1", "2001:2::1");
    assertThat(texts(addresses, "a", "y")).containsExactly("240.240.0.2", "2001:2::2");
    assertThat(texts(addresses, "a", "x")).containsExactly("240.240.0.1", "2001:2::1");
  }

  @Test
  void theyStayTheSameOverRestartsWhateverTheOrderOfAsking() throws IOException {
    Path file = folder.resolve("addresses");
    AutoAddresses before = AutoAddresses.load(file);
    texts(before, "a", "x");
    texts(before, "b", "y");
    before.save();

    AutoAddresses after = AutoAddresses.load(file);

    assertThat(texts(after, "b", "y")).containsExactly("240.240.0.2", "2001:2::2");
    assertThat(texts(after, "a", "x")).containsExactly("240.240.0.1", "2001:2::1");
  }

  @Test
  void aFreedAddressIsNotGivenOutAgainAtOnce() {
    AutoAddresses addresses = AutoAddresses.inMemory();
    texts(addresses, "a", "x");
    addresses.retain("a", Set.of());

    assertThat(texts(addresses, "b", "y")).contains("240.240.0.2");
  }

  @Test
  void anAddressOfTheStatusIsTakenIfItIsFree() {
    AutoAddresses addresses = AutoAddresses.inMemory();

    assertThat(addresses.of("a", "x", List.of("10.0.0.1", "240.240.1.2")))
        .extracting(IpAddresses::format)
        .containsExactly("240.240.1.2", "2001:2::102");
    assertThat(addresses.of("b", "y", List.of("240.240.1.2")))
        .extracting(IpAddresses::format)
        .contains("240.240.0.1");
  }

  @Test
  void linesThatCannotBeReadCostOnlyThemselves() throws IOException {
    Path file = folder.resolve("addresses");
    Files.writeString(file, "next 9\nrubbish\n0 a x\n3 b y\n3 c z\n");

    AutoAddresses addresses = AutoAddresses.load(file);

    assertThat(texts(addresses, "b", "y")).contains("240.240.0.3");
    assertThat(texts(addresses, "c", "z")).contains("240.240.0.9");
  }

  @Test
  void aDiskThatIsFullCostsOnlyTheMemory() throws IOException {
    AutoAddresses addresses = AutoAddresses.load(folder.resolve("missing/addresses"));

    assertThat(texts(addresses, "a", "x")).contains("240.240.0.1");
    addresses.save();
    assertThat(texts(addresses, "a", "x")).contains("240.240.0.1");
  }

  @Test
  void anExhaustedRangeGivesNothing() {
    AutoAddresses addresses = AutoAddresses.inMemory();
    for (int i = 0; i < 0xfffe; i++) {
      addresses.of("a", "h" + i, List.of());
    }

    assertThat(addresses.of("a", "one-more", List.of())).isEmpty();
  }

  private static List<String> texts(AutoAddresses addresses, String owner, String host) {
    return addresses.of(owner, host, List.of()).stream().map(IpAddresses::format).toList();
  }
}
