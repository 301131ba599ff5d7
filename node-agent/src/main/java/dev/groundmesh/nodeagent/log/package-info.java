/**
 * The agent's log: levels by target, one line a record as text or JSON, written by a thread of its
 * own so that no event loop ever waits for the disk or a pipe. It is the SLF4J provider of the
 * agent's process.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.log;
