package dev.groundmesh.controller.cluster;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Something that the controller's account must be allowed to do.
 *
 * @param group of the API; empty for the core
 * @param resource in the plural, with its subresource if it is about that
 * @param names the objects; empty: all
 * @param verbs as in a role
 */
public record Permission(String group, String resource, Set<String> names, Set<String> verbs) {

  public Permission {
    names = Set.copyOf(names);
    verbs = Set.copyOf(verbs);
  }

  static Permission all(String group, String resource, String... verbs) {
    return new Permission(group, resource, Set.of(), Set.of(verbs));
  }

  static Permission named(String group, String resource, List<String> names, String... verbs) {
    return new Permission(group, resource, Set.copyOf(names), Set.of(verbs));
  }

  /** {@code group/resource[names]: verbs}, each in order. */
  @Override
  public String toString() {
    return group
        + '/'
        + resource
        + (names.isEmpty() ? "" : new TreeSet<>(names).toString())
        + ": "
        + new TreeSet<>(verbs);
  }
}
