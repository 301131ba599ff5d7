/** The agent with a real controller, real kernel and real pods, as users meet it. */
@NullMarked
package dev.groundmesh.nodeagent.endtoend;

import org.jspecify.annotations.NullMarked;
