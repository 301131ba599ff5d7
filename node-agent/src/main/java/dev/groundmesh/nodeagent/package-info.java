/** The node agent: its composition, from settings to a running process. */
@NullMarked
package dev.groundmesh.nodeagent;

import org.jspecify.annotations.NullMarked;
