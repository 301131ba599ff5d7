/** The mesh in a cluster, installed by its chart, and what it tells of itself. */
@NullMarked
package dev.groundmesh.e2e.mesh;

import org.jspecify.annotations.NullMarked;
