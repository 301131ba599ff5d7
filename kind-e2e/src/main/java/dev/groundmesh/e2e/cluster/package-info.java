/** The cluster under test and its nodes, through the tool that brought it up. */
@NullMarked
package dev.groundmesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
