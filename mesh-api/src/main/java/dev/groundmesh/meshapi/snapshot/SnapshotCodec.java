package dev.groundmesh.meshapi.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The form of a snapshot on disk: the control plane's resources with their versions, framed and
 * checksummed, so that a truncated or damaged file is told from a whole one.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class SnapshotCodec {

  private SnapshotCodec() {}

  /** Writes {@code snapshot}; does not close {@code out}. */
  public static void write(MeshSnapshot snapshot, OutputStream out) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws UnreadableStateException if it is truncated, damaged or of another version
   * @throws IOException if {@code in} fails
   */
  public static MeshSnapshot read(InputStream in) throws IOException, UnreadableStateException {
    throw new UnsupportedOperationException();
  }
}
