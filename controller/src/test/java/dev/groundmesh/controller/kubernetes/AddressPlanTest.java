package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.LabelSelector;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.ServiceEntry;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressPlanTest {

  private final AddressPlan plan = new AddressPlan();

  @Test
  void everyHostGetsAnAddressOfEachFamily() {
    plan.put(entry("a", 1, List.of("a.example.com", "b.example.com"), Map.of()));

    Map<String, List<String>> right = plan.right(key("a")).orElseThrow();

    assertThat(right).containsOnlyKeys("a.example.com", "b.example.com");
    assertThat(right.values())
        .allSatisfy(
            addresses -> {
              assertThat(addresses).hasSize(2);
              assertThat(addresses.getFirst()).startsWith("240.240.");
              assertThat(addresses.getLast()).startsWith("2001:2::");
            });
    assertThat(new HashSet<>(right.values())).hasSize(2);
    assertThat(plan.wrong()).containsExactly(key("a"));
  }

  @Test
  void whatTheStatusSaysStays() {
    plan.put(
        entry("a", 1, List.of("a.example.com"), Map.of("a.example.com", List.of("240.240.0.9"))));

    assertThat(plan.wrong()).isEmpty();
  }

  @Test
  void anotherControlPlanesAddressStays() {
    plan.put(
        entry("a", 1, List.of("a.example.com"), Map.of("a.example.com", List.of("241.1.2.3"))));

    assertThat(plan.wrong()).isEmpty();
  }

  @Test
  void ofTwoWithOneAddressTheOlderKeepsIt() {
    Map<String, List<String>> same = Map.of("x.example.com", List.of("240.240.0.9", "2001:2::9"));
    plan.put(entry("copy", 2, List.of("x.example.com"), same));
    plan.put(entry("first", 1, List.of("x.example.com"), same));

    assertThat(plan.wrong()).containsExactly(key("copy"));
    assertThat(plan.right(key("copy")).orElseThrow().get("x.example.com"))
        .isNotNull()
        .doesNotContain("240.240.0.9");
  }

  @Test
  void addressesOfHostsThatWentAreGivenUp() {
    plan.put(entry("a", 1, List.of(), Map.of("a.example.com", List.of("240.240.0.9"))));

    assertThat(plan.wrong()).containsExactly(key("a"));
    assertThat(plan.right(key("a")).orElseThrow()).isEmpty();
  }

  @Test
  void noAddressIsGivenTwiceEvenBeforeTheStatusIsReadBack() {
    Set<String> given = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      plan.put(entry("e" + i, i, List.of("host-" + i + ".example.com"), Map.of()));
      Map<String, List<String>> right = plan.right(key("e" + i)).orElseThrow();
      plan.written(key("e" + i), right);
      right.values().forEach(given::addAll);
    }

    assertThat(given).hasSize(4000);
    assertThat(plan.wrong()).isEmpty();
  }

  @Test
  void anAddressWrittenForAnEntryThatIsGoneIsFree() {
    plan.put(entry("a", 1, List.of("a.example.com"), Map.of()));
    Map<String, List<String>> right = plan.right(key("a")).orElseThrow();
    plan.remove(key("a"));
    plan.written(key("a"), right);
    plan.put(entry("b", 2, List.of("a.example.com"), right));

    assertThat(plan.wrong()).isEmpty();
    plan.remove(key("b"));
    plan.put(entry("a", 1, List.of("a.example.com"), Map.of()));

    assertThat(plan.right(key("a"))).contains(right);
  }

  private static ObjectKey key(String name) {
    return new ObjectKey(Kind.SERVICE_ENTRY, "shop", name);
  }

  static ServiceEntry entry(
      String name, long created, List<String> hosts, Map<String, List<String>> assigned) {
    return new ServiceEntry(
        new Metadata("shop", name, "", Map.of(), Map.of(), created, "", 1),
        hosts,
        List.of(),
        List.of(),
        ServiceEntry.Resolution.DNS,
        List.of(),
        LabelSelector.EVERYTHING,
        List.of(),
        assigned);
  }
}
