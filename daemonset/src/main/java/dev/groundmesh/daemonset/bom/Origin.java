package dev.groundmesh.daemonset.bom;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Who made a part, and under which licence it is ours to pass on.
 *
 * @param group Maven group; empty where there is none
 * @param licence SPDX expression
 */
record Origin(String group, String licence) {
  /** What a part is. */
  enum Kind {
    JAR,
    NATIVE,
    PACKAGE
  }

  private static final String TABLE = "origins.txt";
  private static final Pattern COLUMNS = Pattern.compile("\\s+");

  /**
   * Looks a part up.
   *
   * @throws IOException if the table has no line for it: a licence is never guessed
   */
  static Origin of(Kind kind, String name) throws IOException {
    Origin found = null;
    int longest = -1;
    for (String line : table().lines().toList()) {
      String[] columns = COLUMNS.split(line, 4);
      if (!line.startsWith("#")
          && columns[0].equals(kind.name().toLowerCase(Locale.ROOT))
          && name.startsWith(columns[1])
          && columns[1].length() > longest) {
        found = new Origin(columns[2].equals("-") ? "" : columns[2], columns[3]);
        longest = columns[1].length();
      }
    }
    if (found == null) {
      throw new IOException(
          name + ": no licence known (expected: a line for this " + kind + " in " + TABLE + ")");
    }
    return found;
  }

  private static String table() throws IOException {
    try (InputStream in = Origin.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + ": not packed into this program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
