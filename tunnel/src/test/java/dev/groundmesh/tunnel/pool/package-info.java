@NullMarked
package dev.groundmesh.tunnel.pool;

import org.jspecify.annotations.NullMarked;
