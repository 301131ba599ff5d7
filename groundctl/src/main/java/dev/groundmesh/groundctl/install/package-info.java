/** Puts the mesh into a cluster, renews it there, and takes it away. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.install;
