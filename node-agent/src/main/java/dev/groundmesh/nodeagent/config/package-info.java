/** The settings of one node agent, read once from its environment. */
@NullMarked
package dev.groundmesh.nodeagent.config;

import org.jspecify.annotations.NullMarked;
