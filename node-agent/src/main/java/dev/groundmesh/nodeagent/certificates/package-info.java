/** The TLS of the identities that run on this node. */
@NullMarked
package dev.groundmesh.nodeagent.certificates;

import org.jspecify.annotations.NullMarked;
