/** Who may connect: the match of a connection against the policies, pure and cheap. */
@NullMarked
package dev.groundmesh.meshapi.authorization;

import org.jspecify.annotations.NullMarked;
