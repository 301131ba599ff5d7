/**
 * Whether a cluster is fit for the mesh and, where it is installed, in order. What is found out of
 * the cluster is one snapshot; what it means is decided by pure functions over it.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.check;
