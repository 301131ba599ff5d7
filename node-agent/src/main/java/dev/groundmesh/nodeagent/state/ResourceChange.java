package dev.groundmesh.nodeagent.state;

/** One step from a stored state to the next. */
public sealed interface ResourceChange {
  /** The resource's xDS type. */
  String typeUrl();

  /** The resource's name. */
  String name();

  /** A resource that is new or replaces the former one of its name. */
  record Stored(StoredResource resource) implements ResourceChange {
    @Override
    public String typeUrl() {
      return resource.typeUrl();
    }

    @Override
    public String name() {
      return resource.name();
    }
  }

  /** A resource that is no more. */
  record Removed(String typeUrl, String name) implements ResourceChange {}
}
