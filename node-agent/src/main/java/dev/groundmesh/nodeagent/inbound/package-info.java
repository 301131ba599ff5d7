/** Connections to the node's pods, through tunnels and without. */
@NullMarked
package dev.groundmesh.nodeagent.inbound;

import org.jspecify.annotations.NullMarked;
