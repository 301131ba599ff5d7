/**
 * What the agent says of its connections: metrics with Istio's names and labels, the access log,
 * and the list of live connections. One object a connection does it all, so that an idle connection
 * stays small.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.telemetry;
