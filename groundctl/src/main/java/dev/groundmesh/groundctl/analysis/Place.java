package dev.groundmesh.groundctl.analysis;

/**
 * Where in a manifest.
 *
 * @param line from 1; 0: unknown
 * @param column from 1; 0: unknown
 */
public record Place(String file, int line, int column) {
  @Override
  public String toString() {
    return line > 0 ? file + ':' + line + ':' + column : file;
  }
}
