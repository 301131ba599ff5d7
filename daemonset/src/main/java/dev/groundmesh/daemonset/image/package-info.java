/** Images as files: trees, layers, archives. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.daemonset.image;
