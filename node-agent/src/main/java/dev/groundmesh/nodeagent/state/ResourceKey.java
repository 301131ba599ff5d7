package dev.groundmesh.nodeagent.state;

/** What tells a stored resource from the others. */
record ResourceKey(String typeUrl, String name) {
  static ResourceKey of(ResourceChange change) {
    return new ResourceKey(change.typeUrl(), change.name());
  }
}
