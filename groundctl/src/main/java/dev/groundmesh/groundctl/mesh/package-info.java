/** How a running mesh is found and asked: its controller and its agents by their admin pages. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.mesh;
