/**
 * The mesh as immutable values: workloads, services, policies, enrolments and what they are made
 * of.
 *
 * <p>The names and meanings are those of Istio's workload API; {@code wire} converts to and from
 * its protos.
 */
@NullMarked
package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.NullMarked;
