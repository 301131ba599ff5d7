package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a source has to tell. */
public sealed interface ObjectChange {

  /**
   * An object is there, or changed.
   *
   * @param warnings what of the manifest is not understood and left out
   */
  record Put(MeshObject object, List<Problem> warnings) implements ObjectChange {

    public Put {
      warnings = List.copyOf(warnings);
    }
  }

  /** An object is gone. */
  record Remove(ObjectKey key) implements ObjectChange {}

  /**
   * A version of an object that cannot be used; the last good one, if there was one, keeps effect.
   *
   * @param metadata of the rejected version
   * @param standIn what takes effect if there was no good version; null: nothing. A source that
   *     remembers good versions over restarts has none, as what it never knew never had effect.
   */
  record Rejected(
      ObjectKey key, Metadata metadata, @Nullable MeshObject standIn, List<Problem> problems)
      implements ObjectChange {

    public Rejected {
      problems = List.copyOf(problems);
    }
  }

  /**
   * Something that concerns a whole file: it cannot be read or parsed, so that all of its objects
   * stay as they were.
   *
   * @param problems empty: the file is in order again, or gone
   */
  record FileState(String file, List<Problem> problems) implements ObjectChange {

    public FileState {
      problems = List.copyOf(problems);
    }
  }
}
