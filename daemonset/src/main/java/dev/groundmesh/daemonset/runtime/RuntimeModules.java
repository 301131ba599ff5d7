package dev.groundmesh.daemonset.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The modules of the JDK that a program runs with, and why some that its libraries mention are not
 * among them. A test holds both against what {@code jdeps} finds in the jars.
 *
 * @param needed in the runtime, with what they require
 * @param left mentioned by code that never runs here, with the reason
 */
public record RuntimeModules(SortedSet<String> needed, Map<String, String> left) {
  private static final Map<String, String> NEVER_REACHED =
      Map.of(
          "java.desktop", "Java Beans, for data binders and JNA's windows",
          "java.sql", "dates and drivers of SQL, for data binders and pools",
          "jdk.jfr", "Netty's flight recorder events, which are turned off");

  public static final RuntimeModules AGENT =
      of(
          Map.of("java.xml", "XML as JSON, for data binders"),
          "java.base",
          "java.logging",
          "java.management",
          "java.naming",
          "jdk.httpserver",
          "jdk.management",
          "jdk.unsupported");

  public static final RuntimeModules CONTROLLER =
      of(
          Map.of(),
          "java.base",
          "java.logging",
          "java.naming",
          "java.net.http",
          "java.xml",
          "jdk.httpserver",
          "jdk.unsupported");

  /** Copies. */
  public RuntimeModules {
    needed = new TreeSet<>(needed);
    left = Map.copyOf(left);
  }

  private static RuntimeModules of(Map<String, String> left, String... needed) {
    var reasons = new HashMap<>(NEVER_REACHED);
    reasons.putAll(left);
    return new RuntimeModules(new TreeSet<>(List.of(needed)), reasons);
  }
}
