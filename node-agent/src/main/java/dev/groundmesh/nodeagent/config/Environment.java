package dev.groundmesh.nodeagent.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Typed reading of environment variables; an empty variable counts as absent. */
final class Environment {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h)");

  private final Map<String, String> variables;

  Environment(Map<String, String> variables) {
    this.variables = variables;
  }

  Optional<String> optional(String name) {
    return Optional.ofNullable(variables.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  String text(String name, String fallback) {
    return optional(name).orElse(fallback);
  }

  String required(String name, String expected) {
    return optional(name).orElseThrow(() -> new ConfigException(name, "(not set)", expected));
  }

  boolean bool(String name, boolean fallback) {
    return boolOf(name, optional(name).orElse(null), fallback);
  }

  boolean boolOf(String name, @Nullable String value, boolean fallback) {
    if (value == null) {
      return fallback;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new ConfigException(name, value, "true or false");
    };
  }

  int integer(String name, int fallback, int least, int most) {
    Optional<String> value = optional(name);
    if (value.isEmpty()) {
      return fallback;
    }
    try {
      int parsed = Integer.parseInt(value.get());
      if (parsed >= least && parsed <= most) {
        return parsed;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of range.
    }
    throw new ConfigException(name, value.get(), "a whole number from " + least + " to " + most);
  }

  int port(String name, int fallback) {
    return integer(name, fallback, 1, 65_535);
  }

  Duration duration(String name, Duration fallback) {
    Optional<String> value = optional(name);
    if (value.isEmpty()) {
      return fallback;
    }
    Matcher matcher = DURATION.matcher(value.get());
    if (!matcher.matches()) {
      throw new ConfigException(
          name, value.get(), "a number with the unit ms, s, m or h, as in 10s");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  <E extends Enum<E>> E choice(String name, Class<E> type, E fallback) {
    Optional<String> value = optional(name);
    if (value.isEmpty()) {
      return fallback;
    }
    E[] constants = type.getEnumConstants();
    for (E constant : constants) {
      if (constant.name().equalsIgnoreCase(value.get())) {
        return constant;
      }
    }
    throw new ConfigException(
        name,
        value.get(),
        Arrays.stream(constants)
            .map(c -> c.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" or ")));
  }

  String oneOf(String name, String fallback, String... allowed) {
    Optional<String> value = optional(name);
    if (value.isEmpty()) {
      return fallback;
    }
    String lower = value.get().toLowerCase(Locale.ROOT);
    if (Arrays.asList(allowed).contains(lower)) {
      return lower;
    }
    throw new ConfigException(
        name,
        value.get(),
        Arrays.stream(allowed).filter(a -> !a.isEmpty()).collect(Collectors.joining(", ")));
  }

  Path path(String name, String fallback) {
    String value = text(name, fallback);
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new ConfigException(name, value, "a path");
    }
  }

  /** {@code SYSTEM} stands for the roots of the system, here empty. */
  Optional<Path> root(String name, String fallback) {
    return text(name, fallback).equals("SYSTEM")
        ? Optional.empty()
        : Optional.of(path(name, fallback));
  }

  /** The controller is never spoken to in plaintext: the token would be on the wire. */
  String httpsAddress(String name, String fallback) {
    String value = text(name, fallback);
    try {
      URI uri = new URI(value);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null && uri.getPort() != 0) {
        return uri.getPort() < 0 ? "https://" + uri.getHost() + ":443" : value;
      }
    } catch (URISyntaxException e) {
      // The same answer as for another scheme.
    }
    throw new ConfigException(name, value, "https://host:port");
  }

  Map<String, String> prefixed(String prefix) {
    Map<String, String> found = new TreeMap<>();
    variables.forEach(
        (name, value) -> {
          if (name.startsWith(prefix) && name.length() > prefix.length()) {
            found.put(name.substring(prefix.length()), value);
          }
        });
    return found;
  }
}
