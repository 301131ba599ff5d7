package dev.groundmesh.nodeagent.config;

/** The form of log lines. */
public enum LogFormat {
  /** One line of text. */
  PLAIN,
  /** One JSON object a line. */
  JSON
}
