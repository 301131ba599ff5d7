/** The command line of Groundmesh. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl;
