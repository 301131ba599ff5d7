/** Between the protos of the control plane and the records of {@code model}, with validation. */
@NullMarked
package dev.groundmesh.meshapi.wire;

import org.jspecify.annotations.NullMarked;
