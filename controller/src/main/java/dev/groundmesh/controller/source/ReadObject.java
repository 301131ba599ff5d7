package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of an object as it was read.
 *
 * @param object null where there are errors
 * @param standIn what may be enforced in place of a version with errors: it denies what that
 *     selects; null where there are no errors, or nothing to deny
 * @param warnings what of it is not understood and left out
 */
public record ReadObject(
    ObjectKey key,
    Metadata metadata,
    @Nullable MeshObject object,
    @Nullable MeshObject standIn,
    List<Problem> errors,
    List<Problem> warnings) {

  public ReadObject {
    errors = List.copyOf(errors);
    warnings = List.copyOf(warnings);
  }
}
