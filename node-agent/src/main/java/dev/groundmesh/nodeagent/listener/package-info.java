/** The agent's listening sockets inside the pods' network namespaces. */
@NullMarked
package dev.groundmesh.nodeagent.listener;

import org.jspecify.annotations.NullMarked;
