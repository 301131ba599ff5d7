@NullMarked
package dev.groundmesh.tunnel.hbone;

import org.jspecify.annotations.NullMarked;
