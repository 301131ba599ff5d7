package dev.groundmesh.meshapi.wire;

/**
 * A resource of the control plane cannot be used; the message names it, the field, the value and
 * what was expected.
 */
public final class InvalidResourceException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String resource;

  /**
   * Tells what is wrong with a resource.
   *
   * @param resource the resource's name, as far as it is known
   * @param problem the rest of the message, {@code field: value (expected: ...)}
   */
  public InvalidResourceException(String resource, String problem) {
    super(resource + ": " + problem);
    this.resource = resource;
  }

  /** The resource's name, as far as it is known. */
  public String resource() {
    return resource;
  }
}
