/**
 * The mesh itself as programs of the lab: the controller on a node of its own, agents on the
 * others.
 */
@NullMarked
package dev.groundmesh.lab.mesh;

import org.jspecify.annotations.NullMarked;
