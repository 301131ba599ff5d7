/** Connections that the node's pods open. */
@NullMarked
package dev.groundmesh.nodeagent.outbound;

import org.jspecify.annotations.NullMarked;
