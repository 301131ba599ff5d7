/** The validating webhook: tells users of mistakes before an object is in the cluster. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.admission;
