@NullMarked
package dev.groundmesh.tunnel.path;

import org.jspecify.annotations.NullMarked;
