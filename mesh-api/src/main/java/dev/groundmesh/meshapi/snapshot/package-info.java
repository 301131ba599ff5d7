/**
 * What a process knows of the mesh: immutable snapshots, the one owner that makes them, and their
 * form on disk.
 */
@NullMarked
package dev.groundmesh.meshapi.snapshot;

import org.jspecify.annotations.NullMarked;
