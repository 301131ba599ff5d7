/** How the controller's own threads end. */
@NullMarked
package dev.groundmesh.controller.thread;

import org.jspecify.annotations.NullMarked;
