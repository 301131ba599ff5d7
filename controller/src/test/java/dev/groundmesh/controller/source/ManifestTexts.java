package dev.groundmesh.controller.source;

import java.util.List;

/** Manifests without a file system, for tests of what comes after. */
public final class ManifestTexts {

  private final ManifestSet set = new ManifestSet();

  public List<ObjectChange> write(String file, String text) {
    set.fileRead(file, text);
    return set.drain();
  }

  public List<ObjectChange> delete(String file) {
    set.fileGone(file);
    return set.drain();
  }
}
