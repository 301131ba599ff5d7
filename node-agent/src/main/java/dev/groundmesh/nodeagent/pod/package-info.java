/** The captured pods of this node: their sockets, their limits, and where to find them. */
@NullMarked
package dev.groundmesh.nodeagent.pod;

import org.jspecify.annotations.NullMarked;
