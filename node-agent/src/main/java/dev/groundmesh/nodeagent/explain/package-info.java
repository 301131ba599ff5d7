/** Who may talk to whom, and why: the agent's own decisions, asked without a connection. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.explain;
