package dev.groundmesh.controller.model;

/**
 * What tells one object from all others.
 *
 * @param namespace empty for kinds without a namespace
 */
public record ObjectKey(Kind kind, String namespace, String name) implements Comparable<ObjectKey> {

  @Override
  public int compareTo(ObjectKey other) {
    int byKind = kind.compareTo(other.kind);
    if (byKind != 0) {
      return byKind;
    }
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  /** {@code namespace/name}, or the name alone. */
  public String qualifiedName() {
    return namespace.isEmpty() ? name : namespace + '/' + name;
  }

  @Override
  public String toString() {
    return kind.text() + ' ' + qualifiedName();
  }
}
