/** Which of several replicas does the work that only one may do. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.leader;
