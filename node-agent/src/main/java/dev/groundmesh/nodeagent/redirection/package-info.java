/**
 * The redirection of pods' traffic to the agent: eBPF programs for the node and for each pod, the
 * rules and routes in the pods' namespaces, what of it is pinned so that it outlives the process,
 * and what the programs tell.
 */
@NullMarked
package dev.groundmesh.nodeagent.redirection;

import org.jspecify.annotations.NullMarked;
