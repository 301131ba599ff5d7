/** From the controller's stream, and from disk, to the snapshot in force. */
@NullMarked
package dev.groundmesh.nodeagent.controlplane;

import org.jspecify.annotations.NullMarked;
