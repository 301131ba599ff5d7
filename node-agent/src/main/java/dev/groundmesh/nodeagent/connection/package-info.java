/**
 * The connections that the agent carries: who they are, how many, and how they are ended from
 * outside.
 */
@NullMarked
package dev.groundmesh.nodeagent.connection;

import org.jspecify.annotations.NullMarked;
