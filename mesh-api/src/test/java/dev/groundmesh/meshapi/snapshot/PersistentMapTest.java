package dev.groundmesh.meshapi.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PersistentMapTest {

  /** A key whose hash is chosen. */
  private record Key(int hash, int id) {
    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** Few hashes force collisions, many force deep trees. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 40, 5000, Integer.MAX_VALUE})
  void itBehavesAsAHashMapUnderRandomChanges(int hashes) {
    Random random = new Random(hashes);
    Map<Key, Integer> expected = new HashMap<>();
    PersistentMap<Key, Integer> map = PersistentMap.empty();
    for (int i = 0; i < 4000; i++) {
      int id = random.nextInt(300);
      Key key = new Key(new Random(id).nextInt(hashes), id);
      if (random.nextInt(5) < 3) {
        map = map.with(key, i);
        expected.put(key, i);
      } else {
        map = map.without(key);
        expected.remove(key);
      }
      assertThat(map.get(key)).isEqualTo(expected.get(key));
      if (i % 97 == 0) {
        assertThat(contents(map)).isEqualTo(expected);
        assertThat(map.size()).isEqualTo(expected.size());
      }
    }
    assertThat(contents(map)).isEqualTo(expected);
  }

  @Test
  void formerMapsStayAsTheyWere() {
    PersistentMap<String, Integer> one = PersistentMap.<String, Integer>empty().with("a", 1);
    PersistentMap<String, Integer> two = one.with("a", 2).with("b", 3);
    assertThat(two.without("b").without("a").isEmpty()).isTrue();
    assertThat(contents(one)).isEqualTo(Map.of("a", 1));
    assertThat(contents(two)).isEqualTo(Map.of("a", 2, "b", 3));
  }

  @Test
  void equalityDoesNotDependOnHistory() {
    PersistentMap<Integer, Integer> up = PersistentMap.empty();
    PersistentMap<Integer, Integer> down = PersistentMap.empty();
    for (int i = 0; i < 500; i++) {
      up = up.with(i, i);
      down = down.with(499 - i, 499 - i);
    }
    for (int i = 500; i < 900; i++) {
      up = up.with(i, i);
    }
    for (int i = 500; i < 900; i++) {
      up = up.without(i);
    }
    assertThat(up).isEqualTo(down).hasSameHashCodeAs(down);
    assertThat(up).isNotEqualTo(down.with(3, 4));
  }

  @Test
  void removingAnUnknownKeyChangesNothing() {
    PersistentMap<String, Integer> map = PersistentMap.<String, Integer>empty().with("a", 1);
    assertThat(map.without("b")).isSameAs(map);
  }

  @Test
  void valuesAreAView() {
    PersistentMap<String, Integer> map =
        PersistentMap.<String, Integer>empty().with("a", 1).with("b", 2);
    assertThat(map.values(value -> value * 10)).containsExactlyInAnyOrder(10, 20).hasSize(2);
  }

  private static <K, V> Map<K, V> contents(PersistentMap<K, V> map) {
    Map<K, V> contents = new HashMap<>();
    map.forEach((key, value) -> assertThat(contents.put(key, value)).isNull());
    return contents;
  }
}
