/** Start, readiness, the sign of life, hand-over to a successor, and the end of an agent. */
@NullMarked
package dev.groundmesh.nodeagent.lifecycle;

import org.jspecify.annotations.NullMarked;
