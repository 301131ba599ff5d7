/**
 * The agent's windows for people and machines: admin on localhost, metrics, readiness. None of it
 * runs on an event loop.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.admin;
