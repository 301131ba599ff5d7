/** Capturing the pods of this node as the controller says, and letting go of them. */
@NullMarked
package dev.groundmesh.nodeagent.enrolment;

import org.jspecify.annotations.NullMarked;
