package dev.groundmesh.meshapi.wire;

import java.util.HashMap;
import java.util.Map;

/**
 * Keeps one instance of values that repeat across resources. Bounded: when full it starts over,
 * which only costs sharing between what came before and after. For one thread.
 */
final class Interner {

  private static final int MAX_VALUES = 1 << 15;

  private final Map<Object, Object> values = new HashMap<>();

  @SuppressWarnings("unchecked")
  <T> T intern(T value) {
    if (values.size() >= MAX_VALUES) {
      values.clear();
    }
    Object known = values.putIfAbsent(value, value);
    return known == null ? value : (T) known;
  }
}
