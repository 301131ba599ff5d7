/** Files that must survive a crash and that nobody else may read. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.state;
