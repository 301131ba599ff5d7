package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.ObjectKey;

/**
 * Which object, of any kind.
 *
 * @param group empty for Kubernetes' core
 * @param namespace empty for cluster-scoped kinds
 */
public record ObjectRef(String group, String kind, String namespace, String name) {
  static ObjectRef of(ObjectKey key) {
    return new ObjectRef(key.kind().group(), key.kind().text(), key.namespace(), key.name());
  }

  /** The namespace that the object is in, or is. */
  public String home() {
    return kind.equals("Namespace") && group.isEmpty() ? name : namespace;
  }

  @Override
  public String toString() {
    return kind + ' ' + (namespace.isEmpty() ? name : namespace + '/' + name);
  }
}
