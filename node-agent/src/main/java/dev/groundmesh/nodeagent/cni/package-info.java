/**
 * The agent's side of the CNI plugin: its requests answered, its files on the node kept in place.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.cni;
