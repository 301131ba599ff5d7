@NullMarked
package dev.groundmesh.tunnel.h2;

import org.jspecify.annotations.NullMarked;
