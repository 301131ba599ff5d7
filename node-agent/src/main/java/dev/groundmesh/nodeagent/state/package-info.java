/**
 * What the agent keeps on disk, so that one that restarts without its controller goes on serving.
 */
@NullMarked
package dev.groundmesh.nodeagent.state;

import org.jspecify.annotations.NullMarked;
