package dev.groundmesh.nodeagent.log;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.event.Level;

/**
 * Which records are written: a level for everything and levels for single targets, in the form
 * {@code info,access=debug,dns=off}. A target is a logger's name or a dot-separated prefix of it;
 * the longest one given decides. May be read and changed from any thread.
 */
public final class LogLevels {
  private static final int OFF = Level.ERROR.toInt() + 1;

  private volatile Settings settings = new Settings(Level.INFO.toInt(), Map.of());
  private final Map<String, Integer> resolved = new ConcurrentHashMap<>();

  private record Settings(int root, Map<String, Integer> targets) {}

  /**
   * Replaces all levels.
   *
   * @param directives such as {@code info,access=debug}; blank means {@code info}
   * @throws IllegalArgumentException naming the part that is not a level
   */
  public void set(String directives) {
    int root = Level.INFO.toInt();
    Map<String, Integer> targets = new TreeMap<>();
    for (String directive : directives.split(",", -1)) {
      String part = directive.strip();
      if (part.isEmpty()) {
        continue;
      }
      int equals = part.indexOf('=');
      if (equals < 0) {
        root = parse(part, part);
      } else {
        targets.put(part.substring(0, equals).strip(), parse(part.substring(equals + 1), part));
      }
    }
    settings = new Settings(root, Map.copyOf(targets));
    resolved.clear();
  }

  /** Whether a record of this target and level is to be written. */
  public boolean enabled(String target, Level level) {
    return level.toInt() >= threshold(target);
  }

  int threshold(String target) {
    Integer known = resolved.get(target);
    if (known != null) {
      return known;
    }
    Settings current = settings;
    int threshold = resolve(current, target);
    resolved.put(target, threshold);
    return threshold;
  }

  private static int resolve(Settings settings, String target) {
    String prefix = target;
    while (true) {
      Integer level = settings.targets.get(prefix);
      if (level != null) {
        return level;
      }
      int dot = prefix.lastIndexOf('.');
      if (dot < 0) {
        return settings.root;
      }
      prefix = prefix.substring(0, dot);
    }
  }

  private static int parse(String level, String directive) {
    return switch (level.strip().toLowerCase(Locale.ROOT)) {
      case "trace" -> Level.TRACE.toInt();
      case "debug" -> Level.DEBUG.toInt();
      case "info" -> Level.INFO.toInt();
      case "warn", "warning" -> Level.WARN.toInt();
      case "error" -> Level.ERROR.toInt();
      case "off" -> OFF;
      default ->
          throw new IllegalArgumentException(
              "log level: " + directive + " (expected: off, error, warn, info, debug or trace)");
    };
  }

  /** The levels in force, in the form that {@link #set} takes. */
  @Override
  public String toString() {
    Settings current = settings;
    StringBuilder text = new StringBuilder(name(current.root));
    new TreeMap<>(current.targets)
        .forEach(
            (target, level) -> text.append(',').append(target).append('=').append(name(level)));
    return text.toString();
  }

  private static String name(int level) {
    for (Level candidate : Level.values()) {
      if (candidate.toInt() == level) {
        return candidate.name().toLowerCase(Locale.ROOT);
      }
    }
    return "off";
  }
}
