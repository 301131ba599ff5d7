package dev.groundmesh.controller.source;

import java.util.LinkedHashMap;
import java.util.Map;

/** Labels repeat from pod to pod: one copy of each string is kept for all. */
final class Interned {

  private Interned() {}

  static Map<String, String> map(Map<String, String> map) {
    Map<String, String> interned = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> interned.put(key.intern(), value.length() <= 64 ? value.intern() : value));
    return interned;
  }
}
