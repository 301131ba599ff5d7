/** What every process of the mesh agrees on. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi;
