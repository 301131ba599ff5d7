package dev.groundmesh.tunnel.header;

import java.io.Serial;

/**
 * A header that cannot be read: {@code name: value (expected: ...)}, the value cut short and made
 * printable.
 */
public final class HeaderException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  HeaderException(String name, CharSequence value, String expected) {
    super(name + ": " + Printable.of(value) + " (expected: " + expected + ")", null, false, false);
  }
}
