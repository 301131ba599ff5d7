package dev.groundmesh.nodeagent.state;

import org.jspecify.annotations.Nullable;

/** What tells a stored resource from the others. */
record ResourceKey(String typeUrl, String name) {
  static ResourceKey of(ResourceChange change) {
    return new ResourceKey(change.typeUrl(), change.name());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ResourceKey key && name.equals(key.name) && typeUrl.equals(key.typeUrl);
  }

  @Override
  public int hashCode() {
    return 31 * typeUrl.hashCode() + name.hashCode();
  }
}
