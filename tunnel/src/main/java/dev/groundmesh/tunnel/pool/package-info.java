/** Client tunnels kept for reuse: one pool per event loop, bounded over all of them. */
@NullMarked
package dev.groundmesh.tunnel.pool;

import org.jspecify.annotations.NullMarked;
