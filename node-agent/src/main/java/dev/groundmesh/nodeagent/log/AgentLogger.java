package dev.groundmesh.nodeagent.log;

import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** An SLF4J logger that writes to the process's {@link Log}; its target is its name. */
final class AgentLogger extends LegacyAbstractLogger {
  private static final String OWN_PACKAGE = "dev.groundmesh.nodeagent.";

  private final transient Log log;
  private final String target;

  AgentLogger(Log log, String name) {
    this.log = log;
    this.name = name;
    this.target = name.startsWith(OWN_PACKAGE) ? name.substring(OWN_PACKAGE.length()) : name;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      @Nullable String messagePattern,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    String message =
        arguments == null || arguments.length == 0
            ? messagePattern
            : MessageFormatter.basicArrayFormat(messagePattern, arguments);
    log.write(level, target, message, line -> line.failure(failure));
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  public boolean isTraceEnabled() {
    return log.enabled(target, Level.TRACE);
  }

  @Override
  public boolean isDebugEnabled() {
    return log.enabled(target, Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return log.enabled(target, Level.INFO);
  }

  @Override
  public boolean isWarnEnabled() {
    return log.enabled(target, Level.WARN);
  }

  @Override
  public boolean isErrorEnabled() {
    return log.enabled(target, Level.ERROR);
  }
}
