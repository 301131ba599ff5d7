package dev.groundmesh.controller.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the selectors that match a set of labels without trying them all: each selector is filed
 * under one of its labels. Selectors without labels match nothing here.
 *
 * @param <T> what has a selector; told apart by equality
 */
final class SelectorIndex<T> {

  private final Map<Map.Entry<String, String>, Set<T>> filed = new HashMap<>();
  private final Map<T, Map<String, String>> selectors = new HashMap<>();

  void put(T owner, Map<String, String> selector) {
    remove(owner);
    if (!selector.isEmpty()) {
      selectors.put(owner, selector);
      filed.computeIfAbsent(label(selector), l -> new LinkedHashSet<>()).add(owner);
    }
  }

  void remove(T owner) {
    Map<String, String> selector = selectors.remove(owner);
    if (selector != null) {
      Map.Entry<String, String> label = label(selector);
      Set<T> owners = filed.get(label);
      if (owners != null && owners.remove(owner) && owners.isEmpty()) {
        filed.remove(label);
      }
    }
  }

  /** Those whose every label is among these. */
  List<T> matching(Map<String, String> labels) {
    List<T> matching = new ArrayList<>();
    if (filed.isEmpty()) {
      return matching;
    }
    for (Map.Entry<String, String> label : labels.entrySet()) {
      for (T owner : filed.getOrDefault(Map.entry(label.getKey(), label.getValue()), Set.of())) {
        if (labels.entrySet().containsAll(selectors.getOrDefault(owner, Map.of()).entrySet())) {
          matching.add(owner);
        }
      }
    }
    return matching;
  }

  /** The label with the longest value: likely the rarest. */
  private static Map.Entry<String, String> label(Map<String, String> selector) {
    Map.Entry<String, String> best = null;
    for (Map.Entry<String, String> label : selector.entrySet()) {
      if (best == null
          || label.getValue().length() > best.getValue().length()
          || (label.getValue().length() == best.getValue().length()
              && label.getKey().compareTo(best.getKey()) < 0)) {
        best = label;
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("selector: none (expected: at least one label)");
    }
    return Map.entry(best.getKey(), best.getValue());
  }
}
